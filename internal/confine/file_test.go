package confine_test

import (
	"testing"

	"github.com/go-git/go-billy/v5/helper/iofs"
	"github.com/go-git/go-billy/v5/memfs"

	"tenon.dev/tenon/internal/confine"
)

// TestEmptyFile reads an empty file of a tree in memory, which says that it has ended.
func TestEmptyFile(t *testing.T) {
	tree := memfs.New()
	file, err := tree.Create("a")
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if data, err := confine.ReadFS(iofs.New(tree), "a", 10); err != nil || len(data) != 0 {
		t.Errorf("%q, %v", data, err)
	}
}
