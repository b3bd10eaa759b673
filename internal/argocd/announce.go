package argocd

import (
	"cmp"
	"fmt"
	"io/fs"
	"strings"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/platform"
	"tenon.dev/tenon/internal/report"
)

// Announcement tells Argo CD's interface of one parameter
// (https://argo-cd.readthedocs.io/en/stable/operator-manual/config-management-plugins/#plugin-parameters).
type Announcement struct {
	Name           string            `json:"name"`
	Title          string            `json:"title"`
	Tooltip        string            `json:"tooltip"`
	Required       bool              `json:"required"`
	ItemType       string            `json:"itemType,omitempty"`
	CollectionType string            `json:"collectionType,omitempty"`
	String         string            `json:"string,omitempty"`
	Map            map[string]string `json:"map,omitempty"`
}

// Announce describes the parameters, with the values that hold where none is given.
// tree is the root of the platform.
func Announce(tree fs.FS, r Request) ([]Announcement, error) {
	folder := platform.Folder{FS: tree, Dir: platformDir}
	names, err := environments(folder, r.Environment)
	if err != nil {
		return nil, err
	}
	env, refused, err := check.LoadTarget(folder, r.Environment, r.Phase)
	if err != nil {
		return nil, err
	}
	if env.Environment == nil {
		return nil, fmt.Errorf("%s does not render: %s", r.Environment, report.Said(refused[0]))
	}
	images := map[string]string{}
	for _, e := range image.Catalogue([]platform.State{env.State}) {
		if e.Digest != "" {
			images[e.Name] = e.Tag
		}
	}
	return []Announcement{
		{Name: "environment", Title: "Environment", Tooltip: "one of " + strings.Join(names, ", "), ItemType: "string", String: env.Name},
		{
			Name: "phase", Title: "Phase", ItemType: "string", String: cmp.Or(r.Phase, env.Current),
			Tooltip: fmt.Sprintf("one of %s; without it the one that the platform states: %s", strings.Join(env.Phases, ", "), env.Current),
		},
		{
			Name: "images", Title: "Images", CollectionType: "map", ItemType: "string", Map: images,
			Tooltip: "tag or digest by the name of the platform's image; the lock has to hold it for the same repository",
		},
	}, nil
}
