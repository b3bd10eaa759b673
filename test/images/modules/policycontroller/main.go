// Command policycontroller gives the verdict of sigstore's policy-controller on images: it reads a
// trusted root, which policies call lab, from the file that is its first argument, and policies from
// the second, and prints for each further argument the image and pass or fail.
package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/sigstore/policy-controller/pkg/apis/config"
	"github.com/sigstore/policy-controller/pkg/policy"
	"google.golang.org/protobuf/encoding/protojson"
)

type verdict struct {
	Image, Verdict, Error string
}

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

func run(trusted, file string, images []string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	ctx, err := trusting(context.Background(), trusted, strings.Contains(string(text), `"signatureFormat":"bundle"`))
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

// trusting makes a context that has the root of trust as the controller would have it. In the older
// format the controller looks logs up by the hexadecimal text of their identity, in bundles by its
// bytes.
func trusting(ctx context.Context, file string, bundles bool) (context.Context, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var keys config.SigstoreKeys
	if err := protojson.Unmarshal(text, &keys); err != nil {
		return nil, fmt.Errorf("reading trusted root: %w", err)
	}
	for _, log := range append(keys.Tlogs, keys.Ctlogs...) {
		if !bundles {
			log.LogId.KeyId = []byte(hex.EncodeToString(log.LogId.KeyId))
		}
	}
	return config.ToContext(ctx, &config.Config{SigstoreKeysConfig: &config.SigstoreKeysMap{
		SigstoreKeys: map[string]*config.SigstoreKeys{"lab": &keys},
	}}), nil
}
