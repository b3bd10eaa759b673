package cli_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/rogpeppe/go-internal/testscript"

	"tenon.dev/tenon/internal/cli"
	"tenon.dev/tenon/internal/confine"
	"tenon.dev/tenon/test/signedregistry"
)

func TestMain(m *testing.M) {
	testscript.Main(&closing{m}, map[string]func(){
		"tenon-serve": serveConfined,
		"tenon": func() {
			os.Exit(confine.Run(func(stderr *os.File) int { return cli.Main(os.Args[1:], os.Stdin, os.Stdout, stderr) }))
		},
	})
}

// closing ends the processes that tests share.
type closing struct{ *testing.M }

func (c *closing) Run() int {
	defer stopWorkers()
	return c.M.Run()
}

// TestScripts runs the command line as people do. TENON_UPDATE=1 rewrites the expected outputs.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("TENON_UPDATE") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("REPOSITORY", root)
			env.Setenv("HOME", env.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"platform":  copyPlatform,
			"edit":      edit,
			"exit":      exitCode,
			"image":     makeImage,
			"registry":  startRegistry,
			"uncomment": uncomment,
		},
	})
}

// copyPlatform copies the reference platform to a folder: platform DIR.
func copyPlatform(ts *testscript.TestScript, neg bool, args []string) {
	from := filepath.Join(ts.Getenv("REPOSITORY"), "cue")
	ts.Check(os.CopyFS(filepath.Join(ts.MkAbs(args[0]), "cue"), os.DirFS(from)))
}

// edit replaces a text that stands once in a file: edit FILE OLD NEW. \n and \t are a newline
// and a tab.
func edit(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: edit FILE OLD NEW")
	}
	unescape := strings.NewReplacer(`\n`, "\n", `\t`, "\t")
	file, old, replacement := ts.MkAbs(args[0]), unescape.Replace(args[1]), unescape.Replace(args[2])
	data, err := os.ReadFile(file)
	ts.Check(err)
	if n := bytes.Count(data, []byte(old)); n != 1 {
		ts.Fatalf("%q stands %d times in %s, not once", old, n, args[0])
	}
	ts.Check(os.WriteFile(file, bytes.Replace(data, []byte(old), []byte(replacement), 1), 0o666))
}

// uncomment takes the two slashes away in front of what is CUE: uncomment FILE. Prose has a
// space after them.
func uncomment(ts *testscript.TestScript, neg bool, args []string) {
	file := ts.MkAbs(args[0])
	data, err := os.ReadFile(file)
	ts.Check(err)
	ts.Check(os.WriteFile(file, regexp.MustCompile(`(?m)^//([^ ])`).ReplaceAll(data, []byte("$1")), 0o666))
}

// exitCode runs tenon and wants an exit code: exit CODE ARGS...
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	err := ts.Exec("tenon", args[1:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("tenon %s: exit code %s, want %s", strings.Join(args[1:], " "), got, args[0])
	}
}

// startRegistry starts a registry that holds signed stand-ins of the platform's images, and
// sets MIRROR and KEY: registry DIR.
func startRegistry(ts *testscript.TestScript, neg bool, args []string) {
	r, err := signedregistry.Start()
	ts.Check(err)
	ts.Defer(r.Close)
	ts.Check(r.PushPlatform(ts.MkAbs(args[0])))
	key := ts.MkAbs("cosign.pub")
	ts.Check(os.WriteFile(key, r.PublicKey, 0o600))
	ts.Setenv("KEY", key)
	ts.Setenv("HOST", r.Host)
	ts.Setenv("MIRROR", "registry.example.com/gpu="+r.Host+"/gpu")
}

// makeImage builds an image of the files of a folder, all of them executable, with more folders on its PATH and a
// user, and stores it in an OCI image layout or the registry: image layout|push NAME FOLDER PATH USER.
func makeImage(ts *testscript.TestScript, neg bool, args []string) {
	img, err := imageOf(os.DirFS(ts.MkAbs(args[2])), v1.Config{Env: []string{"PATH=" + args[3]}, User: args[4], Entrypoint: []string{"/entry"}})
	ts.Check(err)
	if args[0] == "push" {
		tag, err := name.NewTag(ts.Getenv("HOST") + "/" + args[1])
		ts.Check(err)
		ts.Check(remote.Write(tag, img))
		return
	}
	dir := ts.MkAbs(args[1])
	if _, err := os.Stat(dir); err != nil {
		_, err = layout.Write(dir, empty.Index)
		ts.Check(err)
	}
	ts.Check(layout.Path(dir).AppendImage(img, layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": filepath.Base(args[2])})))
}

func imageOf(files fs.FS, config v1.Config) (v1.Image, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err == nil {
			err = w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(data)), Format: tar.FormatUSTAR})
		}
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	})
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b.Bytes())), nil })
	if err != nil {
		return nil, err
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	return mutate.ConfigFile(img, &v1.ConfigFile{OS: "linux", Architecture: "amd64", Config: config, RootFS: v1.RootFS{Type: "layers", DiffIDs: diffIDs(img)}})
}

func diffIDs(img v1.Image) []v1.Hash {
	config, err := img.ConfigFile()
	if err != nil {
		return nil
	}
	return config.RootFS.DiffIDs
}
