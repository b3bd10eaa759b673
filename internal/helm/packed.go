package helm

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"path"
	"strings"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
)

// room is what the packed charts of a chart may still take once they are unpacked. Helm's own limit holds for each archive,
// however many there are.
type room struct{ bytes, files int64 }

// charts takes what the packed charts among the files unpack to, and those packed in them.
func (r *room) charts(files []*archive.BufferedFile) error {
	for _, f := range files {
		if !isPacked(f.Name) {
			continue
		}
		within, err := r.unpack(f.Data)
		if err == nil {
			err = r.charts(within)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

// unpack unpacks an archive that has room.
func (r *room) unpack(packed []byte) ([]*archive.BufferedFile, error) {
	zipped, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	size, err := io.Copy(io.Discard, io.LimitReader(zipped, r.bytes+1))
	if err != nil {
		return nil, err
	}
	if r.bytes -= size; r.bytes < 0 {
		return nil, fmt.Errorf("with the charts that are packed in it, it takes more than %d MiB", maxChart>>20)
	}
	files, err := archive.LoadArchiveFiles(bytes.NewReader(packed))
	if r.files -= int64(len(files)); err == nil && r.files < 0 {
		return nil, fmt.Errorf("with the charts that are packed in it, it has more than %d files", maxFiles)
	}
	return files, err
}

// isPacked tells whether Helm takes a file of a chart for a packed chart that it depends on
// (https://github.com/helm/helm/blob/v4.0.1/pkg/chart/v2/loader/load.go).
func isPacked(name string) bool {
	return path.Ext(name) == ".tgz" && strings.HasPrefix(name, "charts/")
}
