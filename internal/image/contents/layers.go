package contents

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

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
