package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/report"
)

func states(environments []check.Environment) []platform.State {
	var all []platform.State
	for _, e := range environments {
		all = append(all, e.State)
	}
	return all
}

func (a *app) imageLockCommand() *cobra.Command {
	var f imageFlags
	var only bool
	var now string
	cmd := &cobra.Command{
		Use:   "lock",
		Short: "Resolve the tags of all images against the registry and write the lock",
		Long: `lock asks the registry for the digest that each image's tag has now and writes
cue/platform/images.lock.cue, with the platforms, size, day and registry. An image whose registry does not
answer keeps its old entry. With --check nothing is written: it tells of tags that have moved, of digests
that have vanished, and of images that are not locked.`,
		Example: `  tenon image lock
  tenon image lock --check
  tenon image lock --mirror registry.example.com/gpu=localhost:5000/gpu`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			today, err := day(now)
			if err != nil {
				return err
			}
			client, err := f.client()
			if err != nil {
				return err
			}
			if only {
				return a.checkLock(cmd.Context(), client)
			}
			return a.lock(cmd.Context(), client, today)
		},
	}
	cmd.Flags().BoolVar(&only, "check", false, "compare with the registries and write nothing")
	cmd.Flags().StringVar(&now, "now", "", "the day that new entries are resolved on, YYYY-MM-DD; default today")
	f.registerRegistry(cmd)
	return cmd
}

// answer is what a registry said of one image.
type answer struct {
	image.Resolved
	err error
}

// resolve asks for all images at once, and tells of each as it is answered.
func (a *app) resolve(ctx context.Context, client image.Client) ([]image.Entry, []answer, error) {
	environments, err := a.environments()
	if err != nil {
		return nil, nil, err
	}
	entries := image.Catalogue(states(environments))
	answers := make([]answer, len(entries))
	var done atomic.Int64
	image.Each(len(entries), func(i int) {
		answers[i].Resolved, answers[i].err = client.Resolve(ctx, entries[i].Reference)
		if n := done.Add(1); n%10 == 0 {
			a.say("%d of %d images asked for", n, len(entries))
		}
	})
	return entries, answers, nil
}

func (a *app) lock(ctx context.Context, client image.Client, today time.Time) error {
	entries, answers, err := a.resolve(ctx, client)
	if err != nil {
		return err
	}
	failed := 0
	for i, got := range answers {
		e := &entries[i]
		if got.err != nil {
			failed++
			a.say("%s: kept %s: %v", e.Name, cmp.Or(e.Digest, "nothing"), got.err)
			continue
		}
		if got.Digest != e.Digest {
			a.say("%s: %s is %s, was %s", e.Name, e.Reference, got.Digest, cmp.Or(e.Digest, "nothing"))
			e.Resolved = today.Format(time.DateOnly)
		}
		e.Digest, e.Platforms, e.Size, e.From = got.Digest, got.Platforms, got.Size, client.Mirror.To
	}
	text, err := image.LockFile(entries)
	if err != nil {
		return err
	}
	file := filepath.Join(a.dir, "cue", "platform", "images.lock.cue")
	if err := replaceFile(file, bytes.NewReader(text)); err != nil {
		return fmt.Errorf("writing the lock: %w", err)
	}
	a.say("%d of %d images resolved, written to %s", len(entries)-failed, len(entries), file)
	if failed > 0 {
		return fmt.Errorf("%d images could not be resolved: their old entries were kept", failed)
	}
	return nil
}

// checkLock tells what of the lock is no longer so. A digest that its tag has left may still be there.
func (a *app) checkLock(ctx context.Context, client image.Client) error {
	entries, answers, err := a.resolve(ctx, client)
	if err != nil {
		return err
	}
	wrong, unknown := 0, 0
	for i, got := range answers {
		e := entries[i]
		switch {
		case e.Digest == "":
			wrong++
			fmt.Fprintf(a.stdout, "%s: not locked\n", report.Line(e.Name))
		case errors.Is(got.err, image.ErrUnreachable), errors.Is(got.err, image.ErrDenied):
			unknown++
			fmt.Fprintf(a.stdout, "%s: not known: %s\n", report.Line(e.Name), report.Line(got.err.Error()))
		case got.err == nil && got.Digest == e.Digest:
		default:
			wrong++
			now := "gone"
			if got.err == nil {
				now = "now " + got.Digest
			}
			fmt.Fprintf(a.stdout, "%s: tag %s has moved: locked to %s, %s%s\n", report.Line(e.Name), report.Line(e.Tag), report.Line(e.Digest), report.Line(now), a.vanished(ctx, client, e))
		}
	}
	a.say("%d images: %d have moved or are not locked, %d not known", len(entries), wrong, unknown)
	switch {
	case wrong > 0:
		return errFindings
	case unknown > 0:
		return fmt.Errorf("%d images could not be asked for", unknown)
	}
	return nil
}

func (a *app) vanished(ctx context.Context, client image.Client, e image.Entry) string {
	repository := strings.TrimSuffix(e.Reference, ":"+e.Tag)
	if _, err := client.Resolve(ctx, repository+"@"+e.Digest); errors.Is(err, image.ErrNotFound) {
		return ", and the digest has vanished"
	}
	return ""
}
