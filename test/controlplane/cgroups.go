package controlplane

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// controlGroup is the node's part of each hierarchy of control groups, and secondGroup that of a second node.
const controlGroup, secondGroup = "tenon-node", "tenon-node2"

const controlGroups = "/sys/fs/cgroup"

// makeControlGroups makes the node's part, which kubelet takes for the root.
func makeControlGroups() error {
	if _, err := os.Stat(filepath.Join(controlGroups, "cgroup.controllers")); err == nil {
		return errors.New("the real node was only tried with version 1 of control groups, and this machine has version 2")
	}
	for _, group := range []string{controlGroup, secondGroup} {
		if err := makeControlGroup(group); err != nil {
			return err
		}
	}
	return nil
}

func makeControlGroup(group string) error {
	for _, name := range hierarchies() {
		if err := os.MkdirAll(filepath.Join(controlGroups, name, group), 0o755); err != nil {
			return err
		}
	}
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		data, err := os.ReadFile(filepath.Join(controlGroups, "cpuset", file))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(controlGroups, "cpuset", group, file), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// removeControlGroups removes what the node left: folders alone, from the inside out.
func removeControlGroups() {
	for _, name := range hierarchies() {
		for _, group := range []string{controlGroup, secondGroup} {
			removeFolders(filepath.Join(controlGroups, name, group))
		}
	}
}

func removeFolders(root string) {
	var folders []string
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			folders = append(folders, path)
		}
		return nil
	})
	for _, folder := range slices.Backward(folders) {
		_ = os.Remove(folder)
	}
}

func hierarchies() []string {
	entries, _ := os.ReadDir(controlGroups)
	var names []string
	for _, e := range entries {
		if e.IsDir() && e.Name() != "unified" {
			names = append(names, e.Name())
		}
	}
	return names
}
