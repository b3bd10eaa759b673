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
	maxShown  = 200  // how long a place is told
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

	root *entry
}

// entry is one file of an image that a path may lead to.
type entry struct {
	// link is where a symbolic link leads.
	link string
	// below are the files of a folder by their names; nil for what is none.
	below map[string]*entry
	// layer that it is of, counted from 1.
	layer int
	// hidden and opaque are the last layers that took away the entry, and all that was in it: once is enough.
	hidden, opaque int
	// executable by somebody; folders are not.
	executable bool
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
		Path: searched(config.Config.Env), root: &entry{below: map[string]*entry{}},
	}
	layers, err := img.Layers()
	if err != nil {
		return c, fmt.Errorf("reading the image's layers: %w", err)
	}
	r := reader{root: c.root}
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
	return nil
}

// reader puts layers on each other.
type reader struct {
	root   *entry
	number int
	passwd string
	files  int
	// bytes that were read, and those of names that are kept.
	bytes, names int64
}

// file notes one entry of an archive, or takes away what it says to be gone of the layers below
// (https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts).
func (r *reader) file(content io.Reader, header *tar.Header) error {
	if len(header.Name) > maxPath || len(header.Linkname) > maxPath {
		return nil // no kernel opens it
	}
	name := path.Clean("/" + header.Name)
	if name == "/" {
		return nil
	}
	parent, base := path.Split(name)
	if gone, ok := strings.CutPrefix(base, ".wh."); ok {
		// Runtimes follow links that lower layers have in the place of a folder.
		if folder := r.root.find(parent); folder != nil {
			folder.hide(gone, r.number)
		}
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
	return r.add(parent, base, e)
}

// hide takes away what lower layers have under a name, or all that they have in a folder.
func (e *entry) hide(name string, layer int) {
	if name == ".wh..opq" {
		if e.opaque == layer {
			return
		}
		e.opaque = layer
		for below := range e.below {
			e.hide(below, layer)
		}
		return
	}
	below := e.below[name]
	if below == nil || below.hidden == layer {
		return
	}
	below.hidden = layer
	for inner := range below.below {
		below.hide(inner, layer)
	}
	if below.layer < layer && len(below.below) == 0 {
		delete(e.below, name)
	}
}

// entry is what a header says of a file.
func (r *reader) entry(header *tar.Header) *entry {
	e := &entry{layer: r.number}
	switch header.Typeflag {
	case tar.TypeSymlink:
		e.link = header.Linkname
	case tar.TypeLink:
		if target := r.root.find("/" + header.Linkname); target != nil {
			e.executable = target.executable
		}
	case tar.TypeDir:
		e.below = map[string]*entry{}
	case tar.TypeReg:
		e.executable = header.Mode&0o111 != 0
	}
	return e
}

// add notes a file, and the folders that it lies in where no archive names these.
func (r *reader) add(parent, base string, e *entry) error {
	folder := r.folder(parent)
	if folder == nil {
		return nil // below a file, or a link that leads nowhere
	}
	old := folder.below[base]
	if old != nil && old.below != nil && e.below != nil {
		old.layer = r.number // the same folder, of this layer too
		return nil
	}
	if old == nil {
		r.files, r.names = r.files+1, r.names+int64(len(base))
	}
	folder.below[base] = e
	if r.files > maxFiles || r.names > maxNames {
		return fmt.Errorf("%w: it has more than %d files", ErrTooLarge, maxFiles)
	}
	return nil
}

// folder is the one at a path; what there is not of it is made.
func (r *reader) folder(name string) *entry {
	at := r.root
	walked := ""
	for _, part := range strings.Split(strings.Trim(name, "/"), "/") {
		if part == "" {
			continue
		}
		walked += "/" + part
		next := at.below[part]
		if next == nil {
			next = &entry{layer: r.number, below: map[string]*entry{}}
			at.below[part] = next
			r.files, r.names = r.files+1, r.names+int64(len(part))
		}
		if next.link != "" {
			next = r.root.find(walked)
		}
		if next == nil || next.below == nil {
			return nil
		}
		next.layer = r.number
		at = next
	}
	return at
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
	for _, folder := range c.Path {
		in := c.root.find(folder)
		if in == nil {
			continue
		}
		for name := range in.below {
			if !found[name] && c.executable(folder+"/"+name) {
				found[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// Has tells whether the image has a program: by its path, or by a name that is looked up.
func (c Contents) Has(program string) bool {
	if strings.Contains(program, "/") {
		return c.executable(program)
	}
	_, found := slices.BinarySearch(c.Programs, program)
	return found
}

// executable tells whether a path leads to a file that somebody may execute.
func (c Contents) executable(name string) bool {
	e := c.root.find(name)
	return e != nil && e.executable
}

// Elsewhere is where the image has a program of that name outside of its PATH; empty if nowhere. Of several
// it is the one that lies least deep.
func (c Contents) Elsewhere(program string) string {
	type place struct {
		folder *entry
		path   string
	}
	name := path.Base(program)
	for level := []place{{c.root, "/"}}; len(level) > 0; {
		var next []place
		for _, p := range level {
			if at := path.Join(p.path, name); p.folder.below[name] != nil && c.executable(at) {
				return at
			}
			for _, below := range slices.Sorted(maps.Keys(p.folder.below)) {
				if inner := p.folder.below[below]; inner.below != nil && len(p.path) < maxShown {
					next = append(next, place{inner, path.Join(p.path, below)})
				}
			}
		}
		level = next
	}
	return ""
}

// find follows a path as the kernel does, within the image's root; nil if there is nothing.
func (e *entry) find(name string) *entry {
	stack := []*entry{e}
	rest := strings.Split(name, "/")
	for links := 0; len(rest) > 0; {
		part := rest[0]
		rest = rest[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			stack = stack[:max(1, len(stack)-1)]
			continue
		}
		next := stack[len(stack)-1].below[part]
		if next == nil {
			return nil
		}
		if next.link == "" {
			stack = append(stack, next)
			continue
		}
		if links++; links > maxLinks {
			return nil
		}
		if path.IsAbs(next.link) {
			stack = stack[:1]
		}
		rest = append(strings.Split(next.link, "/"), rest...)
	}
	return stack[len(stack)-1]
}
