package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
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
	var only, inspect bool
	var now, system string
	cmd := &cobra.Command{
		Use:   "lock",
		Short: "Resolve the tags of all images against the registry and write the lock",
		Long: `lock asks the registry for the digest that each image's tag has now and writes
cue/platform/images.lock.cue, with the platforms, size, day and registry. An image whose registry does not
answer keeps its old entry. With --check nothing is written: it tells of tags that have moved, of digests
that have vanished, and of images that are not locked.

With --inspect all layers are read, too: the lock then says which users each image has, and which of the
tools that the platform states are really there. An image whose digest is still the same is not read again.`,
		Example: `  tenon image lock
  tenon image lock --check
  tenon image lock --inspect --time-limit 1h
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
			l := locking{client: client, today: today}
			if inspect {
				l.platform = system
			}
			return a.lock(cmd.Context(), l)
		},
	}
	cmd.Flags().BoolVar(&only, "check", false, "compare with the registries and write nothing")
	cmd.Flags().BoolVar(&inspect, "inspect", false, "read the images' layers: users and tools")
	registerPlatform(cmd, &system)
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

// locking says how the lock is made.
type locking struct {
	client image.Client
	today  time.Time
	// platform whose layers are read, such as linux/amd64; empty reads none.
	platform string
}

// sayKept says which images could not be resolved and keep what they had, those for the same reason together, and returns
// how many they are.
func (a *app) sayKept(entries []image.Entry, answers []answer) (failed int) {
	names := map[string][]string{}
	var whys []string
	for i, got := range answers {
		if got.err == nil {
			continue
		}
		failed++
		why := fmt.Sprintf("%v", got.err)
		if errors.Is(got.err, image.ErrUnreachable) { // which is so for all of its images
			host, _, _ := strings.Cut(entries[i].Reference, "/")
			_, inner, _ := strings.Cut(why, image.ErrUnreachable.Error())
			why = "the registry " + host + " does not answer" + inner
		}
		if names[why] == nil {
			whys = append(whys, why)
		}
		names[why] = append(names[why], entries[i].Name)
	}
	for _, why := range whys {
		a.say("%s\n  kept as they were: %s", why, strings.Join(names[why], ", "))
	}
	return failed
}

func (a *app) lock(ctx context.Context, l locking) error {
	client, today := l.client, l.today
	entries, answers, err := a.resolve(ctx, client)
	if err != nil {
		return err
	}
	failed := a.sayKept(entries, answers)
	for i, got := range answers {
		e := &entries[i]
		if got.err != nil {
			continue
		}
		if got.Digest != e.Digest {
			a.say("%s: %s is %s, was %s", e.Name, e.Reference, got.Digest, cmp.Or(e.Digest, "nothing"))
			e.Resolved, e.Inspected = today.Format(time.DateOnly), nil
		}
		e.Image = image.Repository(e.Reference)
		e.Digest, e.Platforms, e.Size, e.From = got.Digest, got.Platforms, got.Size, client.Mirror.To
	}
	unread, err := a.inspectAll(ctx, l, entries)
	if err != nil {
		return err
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
	if unread > 0 {
		return fmt.Errorf("%d images could not be read: what the platform says of them is believed", unread)
	}
	return nil
}

// inspectAll reads the images of which the lock does not say yet what they hold, one after another, since
// each may have gigabytes, and counts those that cannot be read.
func (a *app) inspectAll(ctx context.Context, l locking, entries []image.Entry) (unread int, err error) {
	if l.platform == "" {
		return 0, nil
	}
	for i := range entries {
		e := &entries[i]
		if e.Digest == "" || e.Inspected != nil && e.Inspected.Says(e.Tools) {
			continue
		}
		read, err := l.client.Inspect(ctx, image.Repository(e.Reference)+"@"+e.Digest, l.platform)
		if ctx.Err() != nil {
			return unread, ctx.Err()
		}
		if err != nil {
			unread++
			a.say("%s: not read: %v", e.Name, err)
			continue
		}
		e.Inspected = read.Locked(*e)
		a.say("%s: read, %d programs; %s", e.Name, len(read.Programs), lacks(e.Inspected.Missing))
	}
	return unread, nil
}

// lacks says which tools an image does not have.
func lacks(missing map[string]string) string {
	if len(missing) == 0 {
		return "all stated tools are there"
	}
	return "not there: " + strings.Join(slices.Sorted(maps.Keys(missing)), ", ")
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
