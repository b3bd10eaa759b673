package argocd

import (
	"fmt"
	"slices"
	"strings"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/platform"
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
func Announce(folder platform.Folder, r Request) ([]Announcement, error) {
	if err := known(folder, r.Environment); err != nil {
		return nil, err
	}
	names, err := folder.Environments()
	if err != nil {
		return nil, err
	}
	env, refused, err := check.LoadTarget(folder, r.Environment, r.Phase)
	if err != nil {
		return nil, err
	}
	if env.Environment == nil {
		return nil, fmt.Errorf("%s does not render: %s", r.Environment, refused[0].Message)
	}
	phase := r.Phase
	if phase == "" {
		phase = env.Current
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
			Name: "phase", Title: "Phase", ItemType: "string", String: phase,
			Tooltip: fmt.Sprintf("one of %s; without it the one that the platform states: %s", strings.Join(slices.Clone(env.Phases), ", "), env.Current),
		},
		{
			Name: "images", Title: "Images", CollectionType: "map", ItemType: "string", Map: images,
			Tooltip: "tag or digest by the name of the platform's image; the lock has to hold it for the same repository",
		},
	}, nil
}
