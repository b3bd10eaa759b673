package argocd

import (
	"fmt"
	"strings"
	"testing"
)

// TestReadRequest: parameters come before the environment, and that before the folder; what is unknown,
// of the wrong type or ambiguous is an error that says so.
func TestReadRequest(t *testing.T) {
	for _, c := range []struct {
		folder string
		env    []string
		want   string // environment/phase, or a part of the error
	}{
		{"overlays/prod/phase2", nil, "prod/phase2"},
		{"overlays/prod/phase2", []string{"ARGOCD_APP_PARAMETERS=null"}, "prod/phase2"},
		{"overlays/prod/phase2", []string{"ARGOCD_APP_PARAMETERS="}, "prod/phase2"},
		{"overlays/prod", nil, "prod/"},
		{"cue/platform/prod", nil, "prod/"},
		{"overlays/prod/base", nil, "prod/"},
		{"overlays/base", nil, "no environment is named"},
		{"overlays/argocd", nil, "no environment is named"},
		{".", nil, "no environment is named"},
		{".", []string{`ARGOCD_APP_PARAMETERS=[{"name":"environment","string":"dev"}]`}, "dev/"},
		{"overlays/prod/phase2", []string{`ARGOCD_APP_PARAMETERS=[{"name":"environment","string":"dev"}]`}, "dev/"},
		{"overlays/prod/phase2", []string{`ARGOCD_APP_PARAMETERS=[{"name":"phase","string":"phase1"}]`}, "prod/phase1"},
		{"overlays/prod/phase2", []string{"ARGOCD_ENV_TENON_TARGET=dev/phase3"}, "dev/phase3"},
		{".", []string{"ARGOCD_ENV_TENON_ENVIRONMENT=dev", "ARGOCD_ENV_TENON_PHASE=phase3"}, "dev/phase3"},
		{".", []string{"ARGOCD_ENV_TENON_TARGET=dev/phase3", `ARGOCD_APP_PARAMETERS=[{"name":"environment","string":"prod"}]`}, "prod/"},
		{".", []string{"ARGOCD_ENV_TENON_TARGET=dev"}, "write environment/phase"},
		{".", []string{"ARGOCD_ENV_TENON_TARGET=dev/phase3", "ARGOCD_ENV_TENON_PHASE=phase3"}, "neither of TENON_ENVIRONMENT and TENON_PHASE"},
		{".", []string{"ARGOCD_ENV_TENON_TARGTE=dev/phase3"}, "TENON_TARGTE, which is none of"},
		{".", []string{"ARGOCD_ENV_OTHER=x", "TENON_TARGET=dev/phase3"}, "no environment is named"},
		{"overlays/prod/phase2", []string{"ARGOCD_ENV_TENON_FAIL_ON=never"}, "TENON_FAIL_ON"},
		{".", []string{`ARGOCD_APP_PARAMETERS=[{"name":"environment","array":["dev"]}]`}, "wrong type: it is a string"},
		{".", []string{`ARGOCD_APP_PARAMETERS=[{"name":"images","string":"x"}]`}, "wrong type: it is a map"},
		{".", []string{`ARGOCD_APP_PARAMETERS=[{"name":"env","string":"dev"}]`}, `no parameter "env"`},
		{".", []string{`ARGOCD_APP_PARAMETERS=[{"name":"phase","string":"a"},{"name":"phase","string":"b"}]`}, "given twice"},
		{".", []string{`ARGOCD_APP_PARAMETERS=[{`}, "do not parse"},
	} {
		r, err := ReadRequest(c.env, c.folder)
		got := fmt.Sprintf("%s/%s", r.Environment, r.Phase)
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != c.want || err != nil && !strings.Contains(got, c.want) {
			t.Errorf("%s %v: %s, want %s", c.folder, c.env, got, c.want)
		}
	}
}
