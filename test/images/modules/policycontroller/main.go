// Command policycontroller gives the verdict of sigstore's policy-controller on images: it reads
// policies from the file that is its first argument, and prints for each further argument the image
// and pass, fail or none, where no policy matches.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/sigstore/policy-controller/pkg/policy"
)

type verdict struct {
	Image, Verdict, Error string
}

func main() {
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

func run(file string, images []string) error {
	ctx := context.Background()
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	data := string(text)
	verifier, err := policy.Compile(ctx, policy.Verification{
		NoMatchPolicy: "warn",
		Policies:      &[]policy.Source{{Data: data}},
	}, func(format string, a ...any) { fmt.Fprintf(os.Stderr, format+"\n", a...) })
	if err != nil {
		return fmt.Errorf("compiling policies: %w", err)
	}
	out := json.NewEncoder(os.Stdout)
	for _, image := range images {
		ref, err := name.ParseReference(image)
		if err != nil {
			return err
		}
		v := verdict{Image: image, Verdict: "pass"}
		if err := verifier.Verify(ctx, ref, authn.DefaultKeychain); err != nil {
			v.Verdict, v.Error = "fail", err.Error()
		}
		if err := out.Encode(v); err != nil {
			return err
		}
	}
	return nil
}
