package revision_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1" //nolint:gosec // git names objects so
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"tenon.dev/tenon/internal/revision"
)

// FuzzObjects: whatever git's objects say, a revision is read or refused.
func FuzzObjects(f *testing.F) {
	blob := sha1.Sum([]byte("blob 1\x00a"))
	f.Add([]byte("100644 a.cue\x00"+string(blob[:])), []byte("tree %x\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nx\n"))
	f.Add([]byte("40000 cue\x00"+string(blob[:])), []byte("tree %x\n\n"))
	f.Add([]byte("120000 ../x\x00"+string(blob[:])), []byte("tree %x\nparent %x\n\n"))
	f.Add([]byte("100644 .git\x00"+string(blob[:])+"160000 s\x00"+string(blob[:])), []byte("nonsense"))
	f.Fuzz(func(t *testing.T, tree, commit []byte) {
		dir := t.TempDir()
		for _, name := range []string{"objects", "refs/heads"} {
			if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		put := func(name string, data []byte) {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		object := func(kind string, data []byte) string {
			whole := append(fmt.Appendf(nil, "%s %d\x00", kind, len(data)), data...)
			hash := fmt.Sprintf("%x", sha1.Sum(whole))
			var packed bytes.Buffer
			w := zlib.NewWriter(&packed)
			_, _ = w.Write(whole)
			_ = w.Close()
			put("objects/"+hash[:2]+"/"+hash[2:], packed.Bytes())
			return hash
		}
		object("blob", []byte("a"))
		hash := object("tree", tree)
		head := object("commit", bytes.ReplaceAll(commit, []byte("%x"), []byte(hash)))
		put("HEAD", []byte("ref: refs/heads/main\n"))
		put("refs/heads/main", []byte(head+"\n"))
		put("config", []byte("[core]\n\trepositoryformatversion = 0\n\tbare = true\n"))
		_, _ = revision.Open(dir, ".", "main", "cue", ".")
	})
}
