// Package contents says what is in an image: the user it runs as, those that it has, the folders that
// programs are looked up in, and the programs in them, as the files of its layers are.
package contents

import (
	"errors"
	"fmt"
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
