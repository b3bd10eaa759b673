package typed

import "testing"

func TestOneDash(t *testing.T) {
	object := func(steps ...any) map[string]any {
		return map[string]any{"spec": map[string]any{"steps": steps}}
	}
	for name, c := range map[string]struct {
		value                map[string]any
		field, message, want string
	}{
		"the item behind has the rest": {
			object(map[string]any{"name": "a"}, map[string]any{"image": "b"}), "spec.steps[0].Image", "missing field(s): spec.steps[0].Image",
			"if spec.steps[1] is the rest of spec.steps[0], take its dash away",
		},
		"what has no name is the rest of the item before": {
			object(map[string]any{"name": "a"}, map[string]any{"image": "b"}), "spec.steps[1].name", "spec.steps[1].name: Required value",
			"if spec.steps[1] is the rest of spec.steps[0], take its dash away",
		},
		"both have names":                   {object(map[string]any{"name": "a"}, map[string]any{"name": "b", "image": "b"}), "spec.steps[0].image", "missing field(s): image", ""},
		"both have a field":                 {object(map[string]any{"name": "a", "script": "c"}, map[string]any{"image": "b", "script": "d"}), "spec.steps[0].image", "missing field(s): image", ""},
		"the item behind lacks it too":      {object(map[string]any{"name": "a"}, map[string]any{"script": "b"}), "spec.steps[0].image", "missing field(s): image", ""},
		"nothing is missing":                {object(map[string]any{"name": "a"}, map[string]any{"image": "b"}), "spec.steps[0].image", "invalid value", ""},
		"the last item":                     {object(map[string]any{"name": "a"}), "spec.steps[0].image", "missing field(s): image", ""},
		"a field that is in no list":        {object(), "spec.steps", "missing field(s): steps", ""},
		"the first item lacks its own name": {object(map[string]any{"image": "b"}), "spec.steps[0].name", "Required value", ""},
	} {
		if got := oneDash(c.value, c.field, c.message); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
