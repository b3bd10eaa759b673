package overlay_test

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"tenon.dev/tenon/internal/overlay"
)

// TestCurrent: an overlay as render writes it is current, and one that anybody changed anywhere is not,
// whether in a file that no layer patches, in a patch, or in what a patch is for.
func TestCurrent(t *testing.T) {
	one := target("prod", "phase1", fmt.Sprintf(config, "plain", "same")+fmt.Sprintf(config, "patched", "10"))
	two := target("prod", "phase2", fmt.Sprintf(config, "plain", "same")+fmt.Sprintf(config, "patched", "50"))
	three := target("prod", "phase3", fmt.Sprintf(config, "plain", "same")+fmt.Sprintf(config, "patched", "50"))
	dev := target("dev", "phase1", fmt.Sprintf(config, "plain", "same")+fmt.Sprintf(config, "patched", "100"))
	files := layout(t, one, two, three, dev)
	change := func(name, from, to string) func(map[string][]byte) {
		return func(files map[string][]byte) {
			text := string(files[name])
			if !strings.Contains(text, from) {
				t.Fatalf("%s does not hold %q:\n%s", name, from, text)
			}
			files[name] = []byte(strings.Replace(text, from, to, 1))
		}
	}
	for name, c := range map[string]struct {
		change func(map[string][]byte)
		stale  bool
	}{
		"as rendered":         {func(map[string][]byte) {}, false},
		"a comment":           {change("base/configmap-plain.yaml", "apiVersion", "# by hand\napiVersion"), false},
		"a plain file":        {change("base/configmap-plain.yaml", "fast", "slow"), true},
		"a patch":             {change("prod/phase1/configmap-patched.json", "10", "11"), true},
		"a patch of all":      {change("prod/phase1/kustomization.yaml", "name: patched", "name: .*"), true},
		"a patch of any name": {change("prod/phase1/kustomization.yaml", "name: patched", "version: v1"), true},
		"a patch of another":  {change("prod/phase1/kustomization.yaml", "name: patched", "name: plain"), true},
		"a resource less":     {change("base/kustomization.yaml", "- configmap-plain.yaml\n", ""), true},
		"a resource twice":    {change("base/kustomization.yaml", "- configmap-plain.yaml\n", "- configmap-plain.yaml\n- configmap-plain.yaml\n"), true},
		"a resource that is new": {func(f map[string][]byte) {
			f["base/configmap-more.yaml"] = []byte(fmt.Sprintf(strings.TrimSuffix(config, "---\n"), "more", "x"))
			change("base/kustomization.yaml", "resources:\n", "resources:\n- configmap-more.yaml\n")(f)
		}, true},
	} {
		changed := maps.Clone(files)
		c.change(changed)
		tree := fstest.MapFS{}
		for file, data := range changed {
			tree["overlays/"+file] = &fstest.MapFile{Data: data}
		}
		err := overlay.Current(tree, "overlays", one)
		if stale := errors.Is(err, overlay.ErrStale); stale != c.stale || err != nil && !stale {
			t.Errorf("%s: %v", name, err)
		}
	}
}
