package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/manifest"
	"tenon.dev/tenon/internal/policy"
	"tenon.dev/tenon/internal/report"
	"tenon.dev/tenon/internal/revision"
	"tenon.dev/tenon/internal/rules"
)

// output is one way in which a page is shown; without a file on stdout.
type output struct{ format, file string }

func registerOutputs(cmd *cobra.Command, outputs *[]string) {
	cmd.Flags().StringArrayVarP(outputs, "output", "o", nil, "FORMAT, or FORMAT=FILE, repeatable: "+strings.Join(report.Formats(), ", ")+" (default text)")
	completeOutputs(cmd, report.Formats())
}

// parseOutputs reads -o, before any work is done. Stdout takes one format, and a file one.
func parseOutputs(flags []string) ([]output, error) {
	if len(flags) == 0 {
		return []output{{format: "text"}}, nil
	}
	var all []output
	for _, flag := range flags {
		format, file, named := strings.Cut(flag, "=")
		if !slices.Contains(report.Formats(), format) {
			return nil, usagef("-o %s: unknown format %q: use one of %s", flag, format, strings.Join(report.Formats(), ", "))
		}
		if named && file == "" {
			return nil, usagef("-o %s: name a file behind the =", flag)
		}
		if slices.ContainsFunc(all, func(o output) bool { return o.file == file }) {
			return nil, usagef("-o %s: another output goes there already: write FORMAT=FILE", flag)
		}
		all = append(all, output{format, file})
	}
	return all, nil
}

// view says what a page is shown with.
type view struct {
	rules  *policy.Set
	source func(file string) ([]byte, error)
	// objects are those of a file that are known already.
	objects func(file string) ([]manifest.Object, bool)
}

// write shows a page in all formats and tells by its error whether it fails the command. A file is
// written wholly or not at all.
func (a *app) write(outputs []output, p report.Page, v view) error {
	registry := rules.With(v.rules.Stated())
	for _, o := range outputs {
		options := report.Options{Source: v.source, Objects: v.objects, Rule: registry.Get, Version: version}
		if o.format == "html" {
			options.Of = a.of(p)
		}
		if o.file == "" {
			options.Color = colored(a.stdout)
			if err := report.Write(a.stdout, o.format, p, options); err != nil {
				return err
			}
			continue
		}
		var text bytes.Buffer
		if err := report.Write(&text, o.format, p, options); err != nil {
			return err
		}
		if err := replaceFile(o.file, &text); err != nil {
			return err
		}
	}
	if closing := report.Closing(p); closing != "" && !slices.ContainsFunc(outputs, func(o output) bool { return o.file == "" }) {
		a.say("%s", closing)
	}
	if slices.ContainsFunc(p.Findings, finding.Finding.Internal) {
		return errInternal
	}
	if p.Verdict == report.Blocked || p.Verdict == "" && p.Fails(p.FailOn) {
		return errFindings
	}
	return nil
}

// of says what a report is of: the platform, and the commit that is checked out with its date; a comparison names its
// revisions itself.
func (a *app) of(p report.Page) string {
	var parts []string
	if p.Platform != "" {
		parts = append(parts, p.Platform)
	}
	if commit, when, ok := revision.CheckedOut(a.dir); ok && p.Verdict == "" {
		parts = append(parts, fmt.Sprintf("%s of %s", commit, when.Format(time.DateOnly)))
	}
	return strings.Join(parts, ", ")
}

// writable refuses a place that a symlink leads out of the folder that people stand in: who sent a change may have
// made the link.
func writable(place string) error {
	if err := confine.StraysBelow(place); err != nil {
		return usagef("%s is not written: %v", place, err)
	}
	return nil
}

// replaceFile puts a file in place in one step.
func replaceFile(name string, text io.Reader) error {
	if err := writable(filepath.Dir(name)); err != nil {
		return err
	}
	next, err := os.CreateTemp(filepath.Dir(name), ".tenon-*")
	if err != nil {
		return usageError{err}
	}
	defer os.Remove(next.Name())
	if _, err := io.Copy(next, text); err != nil {
		next.Close()
		return err
	}
	if err := next.Chmod(0o644); err != nil {
		next.Close()
		return err
	}
	if err := next.Close(); err != nil {
		return err
	}
	return os.Rename(next.Name(), name)
}

// pageInDir makes the file names of a page relative to the working folder.
func (a *app) pageInDir(p *report.Page) {
	p.Report = a.inDir(p.Report)
	for i := range p.Changes {
		o := &p.Changes[i]
		o.Source = a.moved(o.Source)
		for j := range o.Changes {
			o.Changes[j].Source = a.moved(o.Changes[j].Source)
		}
	}
}

// prefix is what stands in front of the names of files for who sees the repository.
func (a *app) prefix() string {
	if a.bare {
		return path.Clean(filepath.ToSlash(a.inside))
	}
	return filepath.ToSlash(filepath.Clean(a.dir))
}

func (a *app) moved(p *finding.Position) *finding.Position {
	if p == nil || a.prefix() == "." {
		return p
	}
	return &finding.Position{File: path.Join(a.prefix(), p.File), Line: p.Line, Column: p.Column}
}

// outOfDir is the name of a file below the platform's folder.
func (a *app) outOfDir(file string) string {
	if a.prefix() == "." {
		return file
	}
	return strings.TrimPrefix(file, a.prefix()+"/")
}
