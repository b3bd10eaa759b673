package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pullsOfPlace add another platform where an Application's folder may be, and change variables by which programs load code.
func pullsOfPlace() []pull {
	var all []pull
	for _, folder := range []string{"cue/platform/prod/", "apps/prod/", "overlays/prod/phase1/", "cue/"} {
		all = append(all, pull{kind: "platform", name: "below " + folder, exit: 1, wants: []string{"change/gate-changed", folder + "cue/platform is another platform"}, head: map[string]string{folder + "cue/platform/a.cue": "package platform\n"}})
	}
	all = append(all, pull{kind: "platform", name: "one that was there", exit: -1, wants: []string{"change/other-files"}, never: []string{"another platform"}, base: map[string]string{"apps/cue/platform/a.cue": "package platform\n"}, head: map[string]string{"apps/cue/platform/a.cue": "package platform\n// more\n"}})
	for _, name := range []string{"LD_PRELOAD", "NODE_OPTIONS", "GIT_SSH_COMMAND", "JAVA_TOOL_OPTIONS", "JUPYTER_CONFIG_DIR", "CUDA_INJECTION64_PATH", "PYTHONUSERBASE"} {
		env := func(value string) map[string]string {
			return map[string]string{prod: aTask("true", `{name: "`+name+`", value: "`+value+`"}`)}
		}
		all = append(all, pull{kind: "loader", name: name, exit: -1, wants: []string{`it has "` + name + `" now`}, base: env("/usr/lib/a.so"), head: env("/workspace/source/x.so")})
	}
	all = append(all, pull{kind: "loader", name: "a second step", exit: -1, wants: []string{`it has "--insecure" now`}, base: map[string]string{prod: aTask("x --insecure", "")}, head: map[string]string{prod: aTask("x --insecure; y --insecure", "")}})
	decoys := map[string]string{"argocd/root.yaml": "kind: Application\n"}
	for _, name := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d"} {
		decoys[".a"+name] = "x"
	}
	return append(all, pull{kind: "ci", name: "a manifest among decoys", exit: 0, wants: []string{"argocd/root.yaml"}, head: decoys})
}

// hostilePlaces are files whose names are options, and folders that are called like files.
func hostilePlaces() []trial {
	var all []trial
	for _, name := range []string{"--write-baseline=x.yaml", "-ohtml=x.yaml", "--severity=types/invalid=off.yaml", "--baseline", "-C", "--facts=a.yaml"} {
		all = append(all, trial{kind: "options", name: name, args: []string{"check", name, "pod.yaml"}, exit: 2, files: map[string]string{name: "{}", "pod.yaml": wrongPod}, wants: []string{"is an option, and there is a file of that name"}})
	}
	all = append(all, trial{kind: "options", name: "behind --", args: []string{"check", "--", "--baseline", "pod.yaml"}, exit: 1, files: map[string]string{"--baseline": harmless, "pod.yaml": wrongPod}, wants: []string{"types/invalid"}})
	for _, name := range []string{"Kustomization", "kustomization.yml"} {
		all = append(all, trial{kind: "options", name: "a folder " + name, args: []string{"check", "."}, exit: 1, files: map[string]string{"kustomization.yaml": "resources: [pod.txt]\n", "pod.txt": wrongPod, name + "/README.md": "a"}, wants: []string{"types/invalid"}})
	}
	all = append(all, trial{kind: "options", name: "a folder Chart.yaml", args: []string{"check", "."}, exit: 1, files: map[string]string{"templates/pod.yaml": wrongPod, "Chart.yaml/README.md": "a"}, wants: []string{"types/invalid"}})
	copies := strings.Repeat("    - {op: copy, from: /spec, path: /spec/x}\n", 40)
	return append(all, trial{kind: "options", name: "a patch that doubles", args: []string{"check", "."}, exit: 1, files: map[string]string{"kustomization.yaml": "resources: [pod.yaml]\npatches:\n- target: {kind: Pod}\n  patch: |\n" + copies, "pod.yaml": wrongPod}, wants: []string{"each copy may double", "types/invalid"}})
}

// TestPlace: what a pull request brings does not decide in which repository, and in which part of it, the gate looks.
func TestPlace(t *testing.T) {
	top := filepath.Join(t.TempDir(), "top")
	begin(t, filepath.Join(top, "platform"))
	git(t, top, "init", "-q", "-b", "main")
	commit := func(dir string) {
		git(t, dir, "add", "-A", "-f")
		git(t, dir, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x")
	}
	commit(top)
	clone := func(t *testing.T) string {
		dir := filepath.Join(t.TempDir(), "clone")
		git(t, t.TempDir(), "clone", "-q", top, dir)
		return dir
	}
	wants := func(t *testing.T, dir string, code int, text string, args ...string) {
		t.Helper()
		got := tenon(t, dir, "", append([]string{"gate", "--base", "HEAD~1", "--head", "HEAD"}, args...)...)
		if got.code != code || !strings.Contains(got.output, text) {
			t.Errorf("exit code %d, want %d with %q\n%s", got.code, code, text, bounded(got.output))
		}
	}
	t.Run("a repository among the files", func(t *testing.T) {
		dir := clone(t)
		git(t, t.TempDir(), "clone", "-q", "--bare", top, filepath.Join(dir, "bare"))
		for _, name := range []string{"HEAD", "config", "objects", "refs", "packed-refs"} {
			if err := os.Rename(filepath.Join(dir, "bare", name), filepath.Join(dir, "platform", name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.RemoveAll(filepath.Join(dir, "bare")); err != nil {
			t.Fatal(err)
		}
		commit(dir)
		for _, args := range [][]string{{"--folder", "platform"}, {"-C", "platform"}} {
			wants(t, dir, 3, "platform holds files of a repository of git", args...)
		}
	})
	t.Run("a symlink to another folder", func(t *testing.T) {
		dir := clone(t)
		change(t, dir, map[string]string{"other/a.yaml": "a: b\n"})
		if err := os.CopyFS(filepath.Join(dir, "other"), os.DirFS(filepath.Join(dir, "platform"))); err != nil {
			t.Fatal(err)
		}
		commit(dir)
		change(t, dir, map[string]string{"platform": "->other"})
		commit(dir)
		wants(t, dir, 3, "platform is a symlink", "--folder", "platform")
		wants(t, dir, 1, "platform is added: the base runs tenon by it", "--folder", "other")
		git(t, dir, "checkout", "-q", "HEAD~1")
		git(t, dir, "branch", "-q", "linked", "main")
		got := tenon(t, dir, "", "gate", "--base", "HEAD", "--head", "linked", "--folder", "platform")
		if got.code != 3 || !strings.Contains(got.output, "the head has lost the platform") {
			t.Errorf("exit code %d\n%s", got.code, bounded(got.output))
		}
	})
	t.Run("a submodule", func(t *testing.T) {
		dir := clone(t)
		git(t, dir, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", top, "platform2")
		commit(dir)
		wants(t, dir, 3, "platform2 is a submodule", "--folder", "platform2/platform")
	})
}
