package contents_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"tenon.dev/tenon/internal/image/contents"
)

// file is one entry of a layer; content is that of a file, or where a link leads.
type file struct {
	name    string
	kind    byte
	mode    int64
	content string
}

func program(name string) file     { return file{name, tar.TypeReg, 0o755, "#!"} }
func folder(name string) file      { return file{name, tar.TypeDir, 0o755, ""} }
func text(name, s string) file     { return file{name, tar.TypeReg, 0o644, s} }
func symlink(name, to string) file { return file{name, tar.TypeSymlink, 0o777, to} }
func hard(name, to string) file    { return file{name, tar.TypeLink, 0o755, to} }
func gone(name string) file        { return text(name, "") }

func layer(t testing.TB, files ...file) v1.Layer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		header := &tar.Header{Name: f.name, Typeflag: f.kind, Mode: f.mode}
		if f.kind == tar.TypeReg {
			header.Size = int64(len(f.content))
		} else {
			header.Linkname = f.content
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if f.kind == tar.TypeReg {
			if _, err := w.Write([]byte(f.content)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return static.NewLayer(b.Bytes(), types.OCIUncompressedLayer)
}

func image(t testing.TB, config v1.Config, layers ...v1.Layer) v1.Image {
	t.Helper()
	img, err := mutate.AppendLayers(empty.Image, layers...)
	if err != nil {
		t.Fatal(err)
	}
	if img, err = mutate.Config(img, config); err != nil {
		t.Fatal(err)
	}
	return img
}

func TestPrograms(t *testing.T) {
	for name, c := range map[string]struct {
		path   string
		layers [][]file
		want   []string
	}{
		"files that may be executed":        {"", [][]file{{program("usr/bin/a"), text("usr/bin/b", ""), folder("usr/bin/c")}}, []string{"a"}},
		"names that begin otherwise":        {"", [][]file{{program("./usr/bin/a"), program("/usr/bin/b")}}, []string{"a", "b"}},
		"only what is on the PATH":          {"/opt/conda/bin", [][]file{{program("opt/conda/bin/python"), program("usr/bin/git")}}, []string{"python"}},
		"a program at the root":             {"", [][]file{{program("syft")}}, nil},
		"the root is on the PATH":           {"/", [][]file{{program("syft")}}, []string{"syft"}},
		"links":                             {"", [][]file{{program("opt/a"), symlink("usr/bin/b", "../../opt/a"), symlink("usr/bin/c", "/opt/a"), symlink("usr/bin/d", "/opt/none")}}, []string{"b", "c"}},
		"links in a circle":                 {"", [][]file{{symlink("bin/a", "b"), symlink("bin/b", "a")}}, nil},
		"links out of the root":             {"", [][]file{{program("etc/a"), symlink("bin/b", "../../../../etc/a")}}, []string{"b"}},
		"a linked folder":                   {"/bin", [][]file{{folder("usr/bin"), symlink("bin", "usr/bin"), program("usr/bin/a")}}, []string{"a"}},
		"a file through a linked folder":    {"/usr/bin", [][]file{{folder("usr/bin"), symlink("bin", "usr/bin")}, {program("bin/a")}}, []string{"a"}},
		"a linked folder, then a true one":  {"/bin", [][]file{{program("usr/bin/a"), symlink("bin", "usr/bin")}, {folder("bin"), program("bin/b")}}, []string{"b"}},
		"hard links":                        {"", [][]file{{program("bin/busybox"), hard("bin/sh", "bin/busybox")}, {hard("bin/ls", "bin/busybox")}}, []string{"busybox", "ls", "sh"}},
		"a whiteout":                        {"", [][]file{{program("bin/a"), program("bin/b")}, {gone("bin/.wh.a")}}, []string{"b"}},
		"a whiteout, then again":            {"", [][]file{{program("bin/a")}, {gone("bin/.wh.a")}, {program("bin/a")}}, []string{"a"}},
		"a whiteout and the file":           {"", [][]file{{program("bin/a")}, {gone("bin/.wh.a"), program("bin/a")}}, []string{"a"}},
		"a whiteout of a folder":            {"", [][]file{{program("usr/bin/a"), program("bin/b")}, {gone(".wh.usr")}}, []string{"b"}},
		"an opaque folder":                  {"", [][]file{{program("usr/bin/a"), program("bin/b")}, {gone("usr/.wh..wh..opq"), program("usr/bin/c")}}, []string{"b", "c"}},
		"an opaque folder, said at the end": {"", [][]file{{program("usr/bin/a")}, {program("usr/bin/c"), gone("usr/bin/.wh..wh..opq")}}, []string{"c"}},
		"a file in the place of a folder":   {"", [][]file{{program("usr/bin/a")}, {text("usr", "")}}, nil},
		"no longer executable":              {"", [][]file{{program("bin/a")}, {text("bin/a", "")}}, nil},
		"the same folder twice on the PATH": {"/bin:/bin:bin:", [][]file{{program("bin/a")}}, []string{"a"}},
		"a name that no kernel opens":       {"", [][]file{{program("bin/" + strings.Repeat("a/", 3000) + "a"), program("bin/b")}}, []string{"b"}},
	} {
		t.Run(name, func(t *testing.T) {
			var layers []v1.Layer
			for _, files := range c.layers {
				layers = append(layers, layer(t, files...))
			}
			var config v1.Config
			if c.path != "" {
				config.Env = []string{"A=b", "PATH=" + c.path}
			}
			got, err := contents.Of(image(t, config, layers...))
			if err != nil || !slices.Equal(got.Programs, c.want) {
				t.Errorf("%q %v, want %q", got.Programs, err, c.want)
			}
		})
	}
}

func TestUsers(t *testing.T) {
	const passwd = "root:x:0:0::/root:/bin/sh\nrunner:x:1001:1001::/:\n\n#broken\nx:y:z\n"
	for user, want := range map[string][]int64{"": {0, 1001}, "runner": {0, 1001}, "65532:65532": {0, 1001, 65532}} {
		got, err := contents.Of(image(t, v1.Config{User: user, Entrypoint: []string{"/syft"}}, layer(t, text("etc/passwd", "old:x:7:")), layer(t, text("etc/passwd", passwd))))
		if err != nil || got.User != user || !slices.Equal(got.UIDs, want) || !slices.Equal(got.Entrypoint, []string{"/syft"}) {
			t.Errorf("%+v %v, want user %q of %v", got, err, user, want)
		}
	}
}

func TestElsewhere(t *testing.T) {
	got, err := contents.Of(image(t, v1.Config{}, layer(t, program("syft"), program("opt/x/syft"), program("bin/sh"), text("opt/cosign", ""))))
	if err != nil {
		t.Fatal(err)
	}
	for program, want := range map[string]struct {
		has       bool
		elsewhere string
	}{"syft": {false, "/syft"}, "/syft": {true, "/syft"}, "sh": {true, "/bin/sh"}, "cosign": {}, "/opt/cosign": {}} {
		if has, elsewhere := got.Has(program), got.Elsewhere(program); has != want.has || elsewhere != want.elsewhere {
			t.Errorf("%s: %v at %q, want %+v", program, has, elsewhere, want)
		}
	}
}

// TestTooLarge has an image of more files than are read.
func TestTooLarge(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := range 40_000 {
		name := fmt.Sprintf("%d/", i) + strings.Repeat("a/", 30)
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeDir}); err != nil {
			t.Fatal(err)
		}
	}
	_, err := contents.Of(image(t, v1.Config{}, static.NewLayer(b.Bytes(), types.OCIUncompressedLayer)))
	if !errors.Is(err, contents.ErrTooLarge) {
		t.Errorf("it is read: %v", err)
	}
}

// TestDeep has layers that are small and deep, and such as take away the same again and again.
func TestDeep(t *testing.T) {
	var deep, again []file
	for i := range 2000 {
		deep = append(deep, program(strings.Repeat("a/", 1000)+fmt.Sprint(i)))
		again = append(again, program(fmt.Sprintf("bin/%d", i)))
	}
	for range 20_000 {
		again = append(again, gone("bin/.wh..wh..opq"), gone(".wh.bin"))
	}
	started := time.Now()
	got, err := contents.Of(image(t, v1.Config{}, layer(t, deep...), layer(t, again...)))
	if took := time.Since(started); err != nil || len(got.Programs) != 2000 || took > 20*time.Second {
		t.Errorf("%d programs %v after %s", len(got.Programs), err, took)
	}
}

func FuzzLayer(f *testing.F) {
	for _, files := range [][]file{
		{program("bin/a"), symlink("b", "bin"), hard("c", "b/a"), gone("bin/.wh.a"), gone(".wh..wh..opq")},
		{text("etc/passwd", "a:b:1\n"), symlink("bin", ".."), symlink("a", "a")},
	} {
		stream, err := layer(f, files...).Uncompressed()
		if err != nil {
			f.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(stream); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = contents.Of(image(t, v1.Config{}, layer(t, program("bin/a"), symlink("usr", "bin")), static.NewLayer(data, types.OCIUncompressedLayer)))
	})
}
