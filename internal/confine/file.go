package confine

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"syscall"
)

// tooLarge says which bound a file is above, in bytes.
type tooLarge int64

func (t tooLarge) Error() string { return fmt.Sprintf("it is larger than %d MiB", int64(t)>>20) }

// ReadFile reads a regular file below a root. A pipe or a device could go on for ever and is not opened
// for good: it is looked at without waiting for whoever writes to it.
func ReadFile(root *os.Root, name string, most int64) ([]byte, error) {
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, Reason(err)
	}
	defer file.Close()
	return regular(file, most)
}

// Open opens a regular file below a root, of whatever length.
func Open(root *os.Root, name string) (*os.File, error) {
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, Reason(err)
	}
	info, err := file.Stat()
	if err := acceptable(info, err, math.MaxInt64); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// Inside is the name of a file below the folder that people stand in, if it is there by its name.
func Inside(name string) (string, bool) {
	here, err := os.Getwd()
	if err != nil {
		return "", false
	}
	absolute, err := filepath.Abs(name)
	if err != nil {
		return "", false
	}
	inside, err := filepath.Rel(here, absolute)
	return inside, err == nil && filepath.IsLocal(inside)
}

// Strays tells why a file or folder that the command line names is not followed: its name lies below the folder that
// people stand in, and it leads out of there by a symlink. Who wrote the name did not write the symlink: in a CI that
// is whoever sent the change.
func Strays(name string) error {
	if _, inside := Inside(name); !inside {
		return nil // a place elsewhere is meant as it is named
	}
	real, err := filepath.EvalSymlinks(name)
	if err == nil {
		real, err = filepath.Abs(real)
	}
	if err != nil {
		return nil // that it is not there is said where it is opened
	}
	here, err := os.Getwd()
	if err == nil {
		here, err = filepath.EvalSymlinks(here)
	}
	if err != nil {
		return err
	}
	if inside, err := filepath.Rel(here, real); err != nil || !filepath.IsLocal(inside) {
		return errors.New("it is a symlink out of the folder that you stand in; to read it all the same, name what it leads to")
	}
	return nil
}

// StraysBelow tells the same of a place that may not be there yet, by the nearest folder above it that is.
func StraysBelow(name string) error {
	for dir := filepath.Clean(name); ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(dir); err == nil {
			return Strays(dir)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// ReadNamed reads a regular file that the command line names.
func ReadNamed(name string, most int64) ([]byte, error) {
	if err := Strays(name); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, Reason(err))
	}
	defer file.Close()
	data, err := regular(file, most)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}

func regular(file fs.File, most int64) ([]byte, error) {
	info, err := file.Stat()
	if err := acceptable(info, err, most); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(data)) > most {
		return nil, tooLarge(most)
	}
	return data, Reason(err)
}

// acceptable tells why a file is not read, if it is not.
func acceptable(info fs.FileInfo, err error, most int64) error {
	switch {
	case err != nil:
		return Reason(err)
	case !info.Mode().IsRegular():
		return errors.New("it is no regular file")
	case info.Size() > most:
		return tooLarge(most)
	}
	return nil
}

// Reason is what was wrong, without the path, which is told beside it.
func Reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// IsFile tells whether a tree has a file of a name. A folder of that name is none: programs that look for the file pass it over.
func IsFile(tree fs.FS, name string) bool {
	info, err := fs.Stat(tree, name)
	return err == nil && !info.IsDir()
}

// ReadFS reads a regular file of a tree, which decides what may be reached.
func ReadFS(tree fs.FS, name string, most int64) ([]byte, error) {
	info, err := fs.Stat(tree, name) // opening a pipe would wait for whoever writes to it
	if err := acceptable(info, err, most); err != nil {
		return nil, err
	}
	if info.Size() == 0 {
		return nil, nil // some trees say that an empty file has ended before it began
	}
	data, err := fs.ReadFile(tree, name)
	return data, Reason(err)
}
