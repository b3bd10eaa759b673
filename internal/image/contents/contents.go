// Package contents says what is in an image: the user it runs as, those that it has, the folders that
// programs are looked up in, and the programs in them, as the files of its layers are.
package contents

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Bounds of what is read of one image: the largest that are in use have some hundred thousand files and
// some tens of gigabytes.
const (
	maxFiles  = 1_000_000
	maxBytes  = 100 << 30
	maxNames  = 512 << 20
	maxPasswd = 1 << 20
	maxLinks  = 40   // as the kernel follows
	maxPath   = 4096 // and opens
)

// ErrTooLarge says that an image has more than is read of one.
var ErrTooLarge = errors.New("the image is larger than what is read of one")

// Contents is what is in an image.
type Contents struct {
	// User that the image's config names, as name or number, with a group after a colon; empty is root.
	User string `json:"user"`
	// UIDs of the users in its /etc/passwd, ascending, and of its own user if that is a number. Without such a
	// file it has no users, and programs run as any: none is listed.
	UIDs []int64 `json:"uids"`
	// Entrypoint and Cmd of its config.
	Entrypoint []string `json:"entrypoint"`
	Cmd        []string `json:"cmd"`
	// Path are the folders that programs are looked up in, in order.
	Path []string `json:"path"`
	// Programs are the names of executable files in these folders, sorted.
	Programs []string `json:"programs"`

	files tree
}

// entry is one file of an image that a path may lead to.
type entry struct {
	// link is where a symbolic link leads.
	link string
	// layer that it is of, counted from 1.
	layer int
	// executable by somebody; folders are not.
	executable, folder bool
}

// standardPath is what container runtimes take where an image says nothing
// (https://github.com/containerd/containerd/blob/main/pkg/oci/spec.go, defaultUnixEnv).
const standardPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Of reads an image, all of its layers.
func Of(img v1.Image) (Contents, error) {
	config, err := img.ConfigFile()
	if err != nil {
		return Contents{}, fmt.Errorf("reading the image's config: %w", err)
	}
	c := Contents{
		User: config.Config.User, Entrypoint: config.Config.Entrypoint, Cmd: config.Config.Cmd,
		Path: searched(config.Config.Env), files: tree{},
	}
	layers, err := img.Layers()
	if err != nil {
		return c, fmt.Errorf("reading the image's layers: %w", err)
	}
	r := reader{tree: c.files}
	for i, layer := range layers {
		if err := r.layer(layer); err != nil {
			return c, fmt.Errorf("reading layer %d of %d: %w", i+1, len(layers), err)
		}
	}
	c.UIDs = users(r.passwd, c.User)
	c.Programs = c.programs()
	return c, nil
}

// searched are the folders of the variable PATH.
func searched(env []string) []string {
	value := standardPath
	for _, variable := range env {
		if v, ok := strings.CutPrefix(variable, "PATH="); ok {
			value = v
		}
	}
	var folders []string
	for _, folder := range strings.Split(value, ":") {
		if path.IsAbs(folder) && !slices.Contains(folders, path.Clean(folder)) {
			folders = append(folders, path.Clean(folder))
		}
	}
	return folders
}

// layer adds the files of a layer, and takes away those that it hides.
func (r *reader) layer(layer v1.Layer) error {
	stream, err := layer.Uncompressed()
	if err != nil {
		return err
	}
	defer stream.Close()
	r.number++
	r.hidden = map[string]bool{}
	counted := &counter{Reader: stream, left: maxBytes - r.bytes}
	for files := tar.NewReader(counted); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := r.file(files, header); err != nil {
			return err
		}
	}
	// What follows the end of the archive belongs to the layer's digest, which is compared at its end.
	if _, err := io.Copy(io.Discard, counted); err != nil {
		return err
	}
	r.bytes = maxBytes - counted.left
	maps.DeleteFunc(r.tree, func(name string, e entry) bool { return e.layer < r.number && below(name, r.hidden) })
	return nil
}

// reader puts layers on each other.
type reader struct {
	tree
	// hidden are files and folders that the layer which is read hides of those below it.
	hidden map[string]bool
	number int
	passwd string
	// bytes that were read, and those of names that are kept.
	bytes, names int64
}

// file notes one entry of an archive
// (https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts).
func (r *reader) file(content io.Reader, header *tar.Header) error {
	if len(header.Name) > maxPath || len(header.Linkname) > maxPath {
		return nil // no kernel opens it
	}
	folder, base := path.Split(path.Clean("/" + header.Name))
	// Runtimes follow links that lower layers have in the place of a folder.
	folder, _ = r.resolve(folder)
	name := path.Join(folder, base)
	if base == ".wh..wh..opq" {
		r.hidden[folder+"/"] = true
		return nil
	}
	if gone, ok := strings.CutPrefix(base, ".wh."); ok {
		r.hidden[path.Join(folder, gone)] = true
		return nil
	}
	e := r.entry(header)
	if name == "/etc/passwd" && header.Typeflag == tar.TypeReg {
		text, err := io.ReadAll(io.LimitReader(content, maxPasswd))
		if err != nil {
			return err
		}
		r.passwd = string(text)
	}
	if !e.folder {
		r.hidden[name] = true // in the place of a folder, it hides what was below
	}
	return r.add(name, e)
}

// entry is what a header says of a file.
func (r *reader) entry(header *tar.Header) entry {
	e := entry{layer: r.number}
	switch header.Typeflag {
	case tar.TypeSymlink:
		e.link = header.Linkname
	case tar.TypeLink:
		target, _ := r.resolve(path.Clean("/" + header.Linkname))
		e.executable = r.tree[target].executable
	case tar.TypeDir:
		e.folder = true
	case tar.TypeReg:
		e.executable = header.Mode&0o111 != 0
	}
	return e
}

// add notes a file, and the folders that it lies in where no archive names these.
func (r *reader) add(name string, e entry) error {
	for at := name; at != "/"; at = path.Dir(at) {
		old, known := r.tree[at]
		if at != name && known {
			old.layer = r.number // what a layer has a file in, it does not hide
			r.tree[at] = old
			continue
		}
		if !known {
			r.names += int64(len(at))
		}
		if at != name {
			e = entry{layer: r.number, folder: true}
		}
		r.tree[at] = e
	}
	if len(r.tree) > maxFiles || r.names > maxNames {
		return fmt.Errorf("%w: it has more than %d files", ErrTooLarge, maxFiles)
	}
	return nil
}

// below tells whether a file is hidden, or a folder above it.
func below(name string, hidden map[string]bool) bool {
	if hidden[name] {
		return true
	}
	for at := path.Dir(name); ; at = path.Dir(at) {
		if hidden[at] || hidden[at+"/"] {
			return true
		}
		if at == "/" {
			return false
		}
	}
}

// counter ends a stream that is too long.
type counter struct {
	io.Reader
	left int64
}

// Read fails where there is more than may be.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, fmt.Errorf("%w: it has more than %d GiB", ErrTooLarge, maxBytes>>30)
	}
	return n, err
}

// users are those of /etc/passwd, and the image's own where it is a number
// (https://man7.org/linux/man-pages/man5/passwd.5.html).
func users(passwd, own string) []int64 {
	if passwd == "" {
		return nil
	}
	var all []int64
	for _, line := range strings.Split(passwd, "\n") {
		if fields := strings.Split(line, ":"); len(fields) >= 3 {
			if uid, err := strconv.ParseInt(fields[2], 10, 64); err == nil {
				all = append(all, uid)
			}
		}
	}
	name, _, _ := strings.Cut(own, ":")
	if uid, err := strconv.ParseInt(name, 10, 64); err == nil {
		all = append(all, uid)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// programs lists what is found by its name alone.
func (c Contents) programs() []string {
	found := map[string]bool{}
	folders := map[string]bool{}
	for _, folder := range c.Path {
		if real, ok := c.files.resolve(folder); ok {
			folders[real] = true
		}
	}
	for name := range c.files {
		if folder, base := path.Split(name); folders[path.Clean(folder)] && !found[base] && c.files.executable(name) {
			found[base] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// Has tells whether the image has a program: by its path, or by a name that is looked up.
func (c Contents) Has(program string) bool {
	if strings.Contains(program, "/") {
		return c.files.executable(program)
	}
	_, found := slices.BinarySearch(c.Programs, program)
	return found
}

// Elsewhere is where the image has a program of that name outside of its PATH; empty if nowhere.
func (c Contents) Elsewhere(program string) string {
	shortest := ""
	for name := range c.files {
		if path.Base(name) == path.Base(program) && c.files.executable(name) &&
			(shortest == "" || len(name) < len(shortest) || len(name) == len(shortest) && name < shortest) {
			shortest = name
		}
	}
	return shortest
}

// tree are the files of an image by their paths.
type tree map[string]entry

// executable tells whether a path leads to a file that somebody may execute.
func (t tree) executable(name string) bool {
	real, ok := t.resolve(name)
	return ok && t[real].executable
}

// resolve follows symbolic links as the kernel does, within the image's root. Of what does not exist it
// gives the name that it would have.
func (t tree) resolve(name string) (string, bool) {
	at, rest := "/", strings.Split(path.Clean("/"+name), "/")
	for links := 0; len(rest) > 0; {
		part := rest[0]
		rest = rest[1:]
		if part == ".." {
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, part)
		e, ok := t[next]
		if !ok && next != "/" {
			return path.Join(append([]string{next}, rest...)...), false
		}
		if e.link == "" {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return next, false
		}
		if path.IsAbs(e.link) {
			at = "/"
		}
		rest = append(strings.Split(e.link, "/"), rest...)
	}
	return at, true
}
