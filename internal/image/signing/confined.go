package signing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"cuelang.org/go/cue/cuecontext"
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"tenon.dev/tenon/internal/confine"
)

// Bounds on the CUE or Rego of a policy: its text, and how long it may take to decide on one image.
const (
	maxPredicate = 256 << 10
	maxDecision  = 5 * time.Second
)

// evaluateCUE wants the input to fit the policy. CUE cannot be stopped: what takes too long goes on
// beside the rest until tenon ends, within the bounds of the whole run.
func evaluateCUE(ctx context.Context, policy string, input []byte) error {
	if _, err := confine.CUE("policy.cue", []byte(policy)); err != nil {
		return undecidable("its policy in CUE is not evaluated: %v", err)
	}
	done := make(chan error, 1)
	go func() {
		defer func() {
			if reason := recover(); reason != nil {
				done <- undecidable("its policy in CUE breaks the evaluator: %v", reason)
			}
		}()
		own := cuecontext.New()
		value := own.CompileString(policy)
		if err := value.Err(); err != nil {
			done <- fmt.Errorf("the policy in CUE does not compile: %w", err)
			return
		}
		if err := value.Unify(own.CompileBytes(input)).Validate(); err != nil {
			done <- fmt.Errorf("its policy in CUE refuses it: %w", err)
			return
		}
		done <- nil
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return undecidable("its policy in CUE was not decided within %s", maxDecision)
	}
}

// compliant is the rule that cosign asks for
// (https://github.com/sigstore/cosign/blob/v2.6.5/pkg/cosign/rego/rego.go).
const compliant = "isCompliant"

// evaluateRego asks whether the input is compliant: true, or a list of results of which one is true
// without a warning.
func evaluateRego(ctx context.Context, policy string, input []byte) error {
	capabilities := confine.Rego()
	query, err := rego.New(
		rego.Query(compliant+" = data.sigstore."+compliant), rego.Module("sigstore.rego", policy),
		rego.SetRegoVersion(ast.RegoV0), rego.Capabilities(capabilities),
	).PrepareForEval(ctx)
	if err != nil {
		if name := confine.Refused(err); name != "" {
			return undecidable("its policy in Rego calls %s, which is refused here", name)
		}
		return ended(ctx, fmt.Errorf("its policy in Rego does not compile: %w", err))
	}
	decoder := json.NewDecoder(bytes.NewReader(input))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return fmt.Errorf("the input of its policy: %w", err)
	}
	results, err := confine.Eval(ctx, query, rego.EvalInput(value))
	if err != nil {
		return ended(ctx, undecidable("its policy in Rego could not be evaluated: %v", err))
	}
	for _, result := range results {
		switch answer := result.Bindings[compliant].(type) {
		case bool:
			if answer {
				return nil
			}
		case []any:
			return fromResults(answer)
		}
	}
	return errors.New("its policy in Rego refuses it: isCompliant is not true")
}

// fromResults reads the long form of an answer.
func fromResults(answers []any) error {
	var why []string
	for _, answer := range answers {
		object, _ := answer.(map[string]any)
		result, _ := object["result"].(bool)
		warning, _ := object["warning"].(string)
		message, _ := object["error"].(string)
		switch {
		case result && warning == "":
			return nil
		case result:
			return fmt.Errorf("its policy in Rego warns: %s", warning)
		}
		why = append(why, message)
	}
	return fmt.Errorf("its policy in Rego refuses it: %s", strings.Join(why, "; "))
}

// ended says that the time was up where it was.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return undecidable("its policy in Rego was not decided within %s", maxDecision)
	}
	return err
}
