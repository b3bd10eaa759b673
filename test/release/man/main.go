// Command man writes the man pages of all commands to a folder, for releases and packages. Their date is that of
// SOURCE_DATE_EPOCH, so that they are the same wherever they are written.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra/doc"

	"tenon.dev/tenon/internal/cli"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: man FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	root := cli.Command()
	root.DisableAutoGenTag = true
	return doc.GenManTree(root, &doc.GenManHeader{Title: "TENON", Section: "1", Source: "tenon", Manual: "tenon"}, folder)
}
