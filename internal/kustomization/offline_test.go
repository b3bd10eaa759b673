package kustomization

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// TestOffline: kustomize reaches no server, whatever a kustomization names.
func TestOffline(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer server.Close()
	disk := filesys.MakeFsInMemory()
	if err := disk.WriteFile("/kustomization.yaml", []byte("resources: ["+server.URL+"/a.yaml]\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := kustomize(disk, "/"); err == nil || requests.Load() > 0 {
		t.Errorf("%d requests, error %v", requests.Load(), err)
	}
	if _, err := http.Get(server.URL); err != nil || requests.Load() != 1 {
		t.Errorf("afterwards there is no network: %v", err)
	}
}
