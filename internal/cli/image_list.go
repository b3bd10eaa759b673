package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"tenon.dev/tenon/internal/check"
	"tenon.dev/tenon/internal/image"
	"tenon.dev/tenon/internal/report"
	"tenon.dev/tenon/internal/veil"
)

// listed is one image as `image list -o json` shows it.
type listed struct {
	// Name in the platform's images; empty for an image that only manifests name.
	Name string `json:"name,omitempty"`
	// Image as it is named.
	Image string `json:"image"`
	// From is the image that this one is built on.
	From string `json:"from,omitempty"`
	// Digest that the image is pinned to.
	Digest string `json:"digest,omitempty"`
	// Contents says whether the lock has what was read of the image, or whether what the platform states of it
	// is believed; empty for an image that only manifests name.
	Contents string `json:"contents,omitempty"`
	// Used are the places that name it, each as Kind/name field.
	Used []string `json:"used"`
	// Policies that cover it, with whom each asks for.
	Policies []string `json:"policies"`
}

func (a *app) imageListCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "list [FILE|FOLDER...]",
		Short: "Show every image: where it is used, what it is locked to, and who must have signed it",
		Long: `list shows the images that the platform states and those that its objects name: containers of
pods, steps, sidecars and step templates of tasks, and the images that Dockerfiles start from. With
files or folders it shows those of their objects. Nobody is asked over the network.`,
		Example: "  tenon image list\n  tenon image list -o json manifests/",
		RunE: func(_ *cobra.Command, args []string) error {
			if format != "text" && format != "json" {
				return usagef("-o %s: text or json", format)
			}
			list, err := a.listImages(args)
			if err != nil {
				return err
			}
			if format == "json" {
				return a.showJSON(list)
			}
			return a.showImages(list)
		},
	}
	cmd.Flags().StringVarP(&format, "output", "o", "text", "text or json")
	return cmd
}

func (a *app) listImages(args []string) ([]listed, error) {
	var catalogue []image.Entry
	var subjects []check.ImageSubject
	if len(args) == 0 {
		environments, err := a.environments()
		if err != nil {
			return nil, err
		}
		catalogue, subjects = image.Catalogue(states(environments)), check.ImageSubjects(environments)
	} else {
		var err error
		if subjects, err = a.imageSubjects(args); err != nil {
			return nil, err
		}
	}
	list := []listed{}
	for _, entry := range catalogue {
		list = append(list, listed{Name: entry.Name, Image: entry.Reference, From: entry.Base, Digest: entry.Digest, Contents: known(entry), Used: []string{}, Policies: []string{}})
	}
	for _, named := range check.ListImages(subjects) {
		reference, digest, _ := strings.Cut(named.Image, "@")
		if digest != "" && !strings.HasPrefix(digest, "sha256:") {
			reference, digest = veil.Hidden+"@"+digest, "" // what stands before a host is who logs in there
		}
		i := slices.IndexFunc(list, func(l listed) bool {
			return l.Image == reference && (l.Digest == "" || digest == "" || l.Digest == digest)
		})
		if i < 0 {
			i = len(list)
			list = append(list, listed{Image: reference, Digest: digest, Used: []string{}, Policies: []string{}})
		}
		list[i].Used = union(list[i].Used, named.Places)
		list[i].Policies = union(list[i].Policies, named.Policies)
	}
	return list, nil
}

// known says whether anybody has looked into an image.
func known(e image.Entry) string {
	if e.Inspected != nil {
		return "read"
	}
	return "believed"
}

func union(all, more []string) []string {
	for _, text := range more {
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return all
}

func (a *app) showImages(list []listed) error {
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tIMAGE\tFROM\tLOCKED\tCONTENTS\tUSED\tSIGNED BY")
	for _, i := range list {
		used := "no"
		if n := len(i.Used); n > 0 {
			used = i.Used[0]
			if n > 1 {
				used += fmt.Sprintf(" and %d more", n-1)
			}
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", report.Line(cmp.Or(i.Name, "-")), report.Line(i.Image), report.Line(cmp.Or(i.From, "-")), report.Line(cmp.Or(short(i.Digest), "no")), cmp.Or(i.Contents, "-"), report.Line(used), report.Line(cmp.Or(strings.Join(i.Policies, "; "), "-")))
	}
	return table.Flush()
}

// short keeps of a digest what tells it from others.
func short(digest string) string {
	if len(digest) < 19 {
		return digest
	}
	return digest[:19]
}
