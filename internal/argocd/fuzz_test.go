package argocd_test

import (
	"testing"

	"tenon.dev/tenon/internal/argocd"
)

// FuzzRequest: parameters and environment of a call are read or refused.
func FuzzRequest(f *testing.F) {
	f.Add(`[{"name":"environment","string":"prod"}]`, "prod/phase1", "overlays/prod/phase1")
	f.Add(`[{"name":"images","map":{"a":"b"}}]`, "", "cue/platform/prod")
	f.Add("null", "/", "../..")
	f.Fuzz(func(_ *testing.T, parameters, target, folder string) {
		_, _ = argocd.ReadRequest([]string{"ARGOCD_APP_PARAMETERS=" + parameters, "ARGOCD_ENV_TENON_TARGET=" + target, "KUBE_VERSION=" + target}, folder)
	})
}
