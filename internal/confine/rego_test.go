package confine_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/open-policy-agent/opa/v1/rego"

	"tenon.dev/tenon/internal/confine"
)

// TestRegoReachesNothing: whatever Rego calls, no request arrives and no file is read.
func TestRegoReachesNothing(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		_, _ = w.Write([]byte(`{"type": "object"}`))
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "schema.json")
	if err := os.WriteFile(file, []byte(`{"type": "number"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, query := range map[string]string{
		"a request":                `http.send({"method": "get", "url": "URL"})`,
		"a request, errors told":   `http.send({"method": "get", "url": "URL", "raise_error": false})`,
		"a name":                   `net.lookup_ip_addr("localhost")`,
		"the environment":          `opa.runtime()`,
		"the clock":                `time.now_ns()`,
		"a schema":                 `json.match_schema({}, {"$ref": "URL/s.json"})`,
		"a schema as text":         `json.match_schema({}, "{\"$ref\": \"URL/s.json\"}")`,
		"a schema, deep":           `json.match_schema({}, {"properties": {"a": {"$ref": "URL/s.json#/a"}}})`,
		"a schema in a list":       `json.match_schema({}, {"allOf": [{"$ref": "URL/s.json"}]})`,
		"a relative schema":        `json.match_schema({}, {"$id": "URL/", "$ref": "s.json"})`,
		"an identity of a host":    `json.match_schema({}, {"$id": "URL/s.json", "$ref": "URL/t.json"})`,
		"a schema of a schema":     `json.verify_schema({"$ref": "URL/s.json"})`,
		"a dialect":                `json.verify_schema({"$schema": "URL/s.json", "type": "object"})`,
		"a file":                   `json.match_schema(1, {"$ref": "file://FILE"})`,
		"a file, in capitals":      `json.match_schema(1, {"$ref": "FILE://FILE"})`,
		"a file behind an id":      `json.match_schema(1, {"$id": "file://FILE", "properties": {"a": {"$ref": "#/x"}}})`,
		"a file behind a relative": `json.match_schema(1, {"id": "file:///", "$ref": "FILE"})`,
		"a device":                 `json.match_schema(1, {"$ref": "file:///dev/zero"})`,
		"graphql":                  `graphql.is_valid("{a}", "URL")`,
	} {
		query = strings.NewReplacer("URL", server.URL, "FILE", file).Replace(query)
		result, err := rego.New(rego.Query("x := "+query), rego.Capabilities(confine.Rego())).Eval(context.Background())
		if asked.Swap(0) > 0 {
			t.Errorf("%s: a request arrived", name)
		}
		if err == nil && len(result) > 0 && strings.Contains(name, "file") {
			t.Errorf("%s: gave %v", name, result[0].Bindings)
		}
	}
	result, err := rego.New(rego.Query(`x := json.match_schema({"a": 1}, {"$defs": {"n": {"type": "number"}}, "properties": {"a": {"$ref": "#/$defs/n"}}})[0]`),
		rego.Capabilities(confine.Rego())).Eval(context.Background())
	if err != nil || len(result) == 0 || result[0].Bindings["x"] != true {
		t.Errorf("a reference within a schema: %v %v", result, err)
	}
}
