package pattern_test

import (
	"testing"

	_ "tenon.dev/tenon/internal/gate"
	"tenon.dev/tenon/internal/pattern"
	_ "tenon.dev/tenon/internal/veil"
)

// TestAll: every pattern of the packages that have some compiles.
func TestAll(t *testing.T) {
	if n := pattern.All(); n < 70 {
		t.Errorf("%d patterns", n)
	}
}

// TestMethods: a pattern finds what regexp does.
func TestMethods(t *testing.T) {
	p := pattern.New(`a(b+)`)
	if !p.MatchString("xabb") || p.FindStringSubmatch("xabb")[1] != "bb" || p.FindStringIndex("xabb")[0] != 1 || p.ReplaceAllString("ab", "${1}c") != "bc" || len(p.FindAllString("ab ab", -1)) != 2 || len(p.FindAllStringSubmatch("ab ab", 1)) != 1 {
		t.Error("finds something else")
	}
}
