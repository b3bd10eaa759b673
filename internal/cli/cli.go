// Package cli knows the command line: commands, flags, streams and exit codes. Everything else
// is done by the rooms below.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/klog/v2"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/internal/finding"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/report"
)

// The exit codes.
const (
	exitClean    = 0
	exitFindings = 1
	exitUsage    = 2
	exitFailure  = 3
)

// errFindings says that findings were shown, at or above the severity that fails.
var errFindings = errors.New("findings")

// errInternal says that findings were shown, one of which is that a check did not work.
var errInternal = errors.New("a check did not work")

// usageError is an error in how tenon was called.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// app is one call of tenon.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	// dir is the folder that holds cue/ and overlays/, or a bare repository.
	dir string
	// bare says that dir is a bare repository, whose part inside holds them.
	bare   bool
	inside string
}

// Main runs tenon and returns its exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	ctx, stop := stoppable()
	defer stop()
	quiet()
	if name := fileAsOption(args); name != "" {
		return a.exitCode(usagef("%s is an option, and there is a file of that name: whoever named the file would choose what is done\n  try: rename the file, or write -- before names of files", name))
	}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return a.exitCode(root.ExecuteContext(ctx))
}

// fileAsOption is an argument that would be read as an option and names a file as well: pre-commit and xargs hand on the
// names of files as they are (https://pre-commit.com/#arguments-pattern-in-hooks), and these are chosen by whoever adds the
// files.
func fileAsOption(args []string) string {
	for _, arg := range args {
		if arg == "--" {
			return ""
		}
		if len(arg) < 2 || arg[0] != '-' {
			continue
		}
		if _, err := os.Lstat(arg); err == nil {
			return arg
		}
	}
	return ""
}

// quiet silences what upstream's packages log: the authorizer of RBAC logs each request that it refuses, and here a
// refusal is an answer.
var quiet = sync.OnceFunc(func() {
	klog.SetOutput(io.Discard)
	klog.LogToStderr(false)
})

func (a *app) exitCode(err error) int {
	var usage usageError
	var stopped stoppedError
	switch {
	case err == nil:
		return exitClean
	case errors.As(err, &stopped):
		a.say("tenon: stopped: %v", stopped)
		return 128 + int(stopped.signal)
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.Is(err, errInternal), errors.Is(err, syscall.EPIPE):
		return exitFailure // what did not work is among the findings; or nobody reads any more
	case errors.As(err, &usage):
		a.say("tenon: %v", err)
		return exitUsage
	case errors.Is(err, platform.ErrNoPlatform):
		a.say("tenon: %v\n  try: tenon init %s", err, a.dir)
		return exitUsage
	}
	a.say("tenon: %v", err)
	return exitFailure
}

// say writes to standard error, whoever wrote what is said: names and messages of others neither move
// the cursor nor begin a line of their own.
func (a *app) say(format string, args ...any) {
	fmt.Fprintln(a.stderr, report.Lines(fmt.Sprintf(format, args...)))
}

// Command is tenon's command line, for whoever writes pages about it.
func Command() *cobra.Command { return (&app{stdout: io.Discard, stderr: io.Discard}).rootCommand() }

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "tenon",
		Short: "Render, prove and check a GPU CI platform on Tekton",
		Long: `tenon reads a platform that is written in CUE, renders every environment and rollout
phase of it, proves that the result will work, and emits kustomize overlays.

Exit codes: 0 clean, 1 findings, 2 wrong use, 3 could not do the work.`,
		SilenceUsage: true, SilenceErrors: true, SuggestionsMinimumDistance: 2,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Args:              noArguments,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().StringVarP(&a.dir, "dir", "C", ".", "folder that holds cue/ and overlays/")
	root.Version = version
	root.SetVersionTemplate("tenon {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if near := likeFlag(cmd, err.Error()); near != "" {
			return usagef("%v: did you mean --%s?\n  try: %s --help", err, near, cmd.CommandPath())
		}
		return usagef("%v\n  try: %s --help", err, cmd.CommandPath())
	})
	root.PersistentPreRun = func(cmd *cobra.Command, args []string) {
		// A plugin of Argo CD looks where it is told, and init makes what is not there.
		if !cmd.Flags().Changed("dir") && cmd.Name() != "init" && (cmd.Parent() == nil || cmd.Parent().Name() != "argocd") && (cmd.Name() != "check" || len(args) == 0) {
			a.dir = upwards(".")
		}
	}
	root.AddCommand(
		a.initCommand(), a.bound(a.renderCommand(), (*limits).register), a.bound(a.checkCommand(), (*limits).registerLarge),
		a.imageCommand(), a.policyCommand(), a.rulesCommand(), a.bound(a.explainCommand(), (*limits).register), a.gateCommand(), a.diffCommand(), a.argocdCommand(), a.versionCommand(),
	)
	return root
}

// noArguments refuses arguments, with the names of commands that are meant.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := cmd.CommandPath() + " --help"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		hint = cmd.CommandPath() + " " + near[0]
	}
	return usagef("unknown command or argument %q\n  try: %s", args[0], hint)
}

func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usagef("%s wants %s\n  try: %s --help", cmd.CommandPath(), what, cmd.CommandPath())
		}
		return nil
	}
}

// folder opens the platform. No file outside dir is reached through it, not by symlinks either.
func (a *app) folder() (platform.Folder, error) {
	info, err := os.Stat(a.dir)
	if err != nil {
		return platform.Folder{}, fmt.Errorf("opening the platform: %w", err)
	}
	if !info.IsDir() {
		return platform.Folder{}, usagef("--dir %s is not a folder", a.dir)
	}
	root, err := os.OpenRoot(a.dir)
	if err != nil {
		return platform.Folder{}, fmt.Errorf("opening the platform: %w", err)
	}
	return platform.Folder{FS: root.FS(), Dir: "cue/platform"}, nil
}

// environments loads and renders the platform, or the environments named; where the CUE is
// refused, what is wrong with it is shown.
func (a *app) environments(only ...string) ([]check.Environment, error) {
	folder, err := a.folder()
	if err != nil {
		return nil, err
	}
	environments, found, err := check.Load(folder, only...)
	if err == nil && len(found) > 0 {
		return nil, a.refused(found)
	}
	return environments, err
}

func (a *app) overlays() string { return filepath.Join(a.dir, "overlays") }

// inDir makes the file names of findings relative to the working folder.
func (a *app) inDir(r finding.Report) finding.Report {
	prefix := a.prefix()
	if prefix == "." {
		return r
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Source != nil {
			moved := *f.Source
			moved.File = path.Join(prefix, moved.File)
			f.Source = &moved
		}
		for j := range f.Related {
			f.Related[j].File = path.Join(prefix, f.Related[j].File)
		}
	}
	return r
}

// refused shows findings about the CUE itself, on stderr since nothing was rendered.
func (a *app) refused(found []finding.Finding) error {
	page := report.Page{Report: a.inDir(finding.NewReport(found, finding.Summary{}))}
	if err := report.Write(a.stderr, "text", page, report.Options{Source: sourceFile, Color: colored(a.stderr)}); err != nil {
		return err
	}
	return errFindings
}

// sourceFile reads a file for an excerpt: one that lies where people stand is not left by a symlink.
func sourceFile(name string) ([]byte, error) {
	const most = 16 << 20
	if !filepath.IsLocal(name) {
		return confine.ReadNamed(name, most)
	}
	root, err := os.OpenRoot(".")
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return confine.ReadFile(root, name, most)
}

func colored(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// day reads a date, or takes the clock's where none is given.
func day(text string) (time.Time, error) {
	if text == "" {
		return time.Now(), nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, usagef("--now %q is not a day: write it as 2006-01-02", text)
	}
	return t, nil
}

func target(text string) (finding.Target, error) {
	environment, phase, ok := strings.Cut(text, "/")
	if !ok || environment == "" || phase == "" {
		return finding.Target{}, usagef("target %q: write environment/phase, such as prod/phase2", text)
	}
	return finding.Target{Environment: environment, Phase: phase}, nil
}
