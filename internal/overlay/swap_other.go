//go:build !linux

package overlay

import "errors"

// swap exchanges two folders in one step, which this system has none for.
func swap(_, _ string) error { return errors.ErrUnsupported }
