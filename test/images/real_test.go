package images

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/sigstore/sigstore-go/pkg/root"
	"golang.org/x/crypto/bcrypt"

	"tenon.dev/tenon/internal/image/signing"
)

// real are the programs of others, a registry, and the environment in which all of them run.
type real struct {
	*lab
	bin string
	env []string
	dir string
}

const user, password = "builder", "correct horse"

// newReal builds cosign, policy-controller's evaluation, a registry and tenon, and starts the registry
// behind TLS and a password.
func newReal(t testing.TB) *real {
	t.Helper()
	if os.Getenv("TENON_E2E") == "" {
		t.Skip("TENON_E2E=1 builds and starts the real programs")
	}
	r := &real{bin: build(t), dir: t.TempDir()}
	host, certificate := serve(t, r)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certificate)
	docker := filepath.Join(r.dir, "docker")
	write(t, filepath.Join(r.dir, "ca.pem"), certificate)
	auth := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	write(t, filepath.Join(docker, "config.json"), fmt.Appendf(nil, `{"auths":{%q:{"auth":%q}}}`, host, auth))
	r.lab = newLabAt(t, host,
		remote.WithTransport(&http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}),
		remote.WithAuth(&authn.Basic{Username: user, Password: password}))
	r.env = append(os.Environ(), "SSL_CERT_FILE="+filepath.Join(r.dir, "ca.pem"), "DOCKER_CONFIG="+docker,
		"HOME="+r.dir, "XDG_CACHE_HOME="+filepath.Join(r.dir, "cache"), "COSIGN_PASSWORD=",
		"SIGSTORE_ROOT_FILE="+r.publish("fulcio.pem", fulcioOf(r.lab)),
		"SIGSTORE_REKOR_PUBLIC_KEY="+r.publish("rekor.pem", keyOf(r.lab, r.sigstore.RekorLogs())),
		"SIGSTORE_CT_LOG_PUBLIC_KEY_FILE="+r.publish("ctlog.pem", keyOf(r.lab, r.sigstore.CTLogs())))
	write(t, filepath.Join(r.dir, "builder.pub"), r.builder.public)
	return r
}

func (r *real) publish(file string, text []byte) string {
	at := filepath.Join(r.dir, file)
	write(r.t, at, text)
	return at
}

func fulcioOf(l *lab) []byte {
	authority := l.sigstore.FulcioCertificateAuthorities()[0].(*root.FulcioCertificateAuthority)
	return append(pemOf(authority.Intermediates[0]), pemOf(authority.Root)...)
}

func keyOf(l *lab, logs map[string]*root.TransparencyLog) []byte {
	for _, log := range logs {
		der, err := x509.MarshalPKIXPublicKey(log.PublicKey)
		l.must(err)
		return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	}
	return nil
}

func write(t testing.TB, file string, text []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// build makes the programs in the user's cache, those of others once for each version.
func build(t testing.TB) string {
	t.Helper()
	sum := sha256.New()
	for _, module := range []string{"cosign", "policycontroller"} {
		for _, file := range []string{"go.mod", "go.sum"} {
			text, err := os.ReadFile(filepath.Join("modules", module, file))
			if err != nil {
				t.Fatal(err)
			}
			sum.Write(text)
		}
	}
	text, err := os.ReadFile("modules/policycontroller/main.go")
	if err != nil {
		t.Fatal(err)
	}
	sum.Write(text)
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "tenon-images", hex.EncodeToString(sum.Sum(nil))[:16])
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, p := range []struct{ module, pkg, name string }{
		{"modules/cosign", "github.com/sigstore/cosign/v2/cmd/cosign", "cosign"},
		{"modules/cosign", "github.com/distribution/distribution/v3/cmd/registry", "registry"},
		{"modules/policycontroller", ".", "policycontroller"},
		{"../..", "./cmd/tenon", "tenon"},
	} {
		file := filepath.Join(dir, p.name)
		if _, err := os.Stat(file); err == nil && p.name != "tenon" {
			continue
		}
		cmd := exec.Command("go", "build", "-o", file+".new", p.pkg)
		cmd.Dir, cmd.Env = p.module, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("building %s: %v\n%s", p.name, err, out)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// serve starts the registry on a free port and returns its host and certificate.
func serve(t testing.TB, r *real) (host string, certificate []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	write(t, filepath.Join(r.dir, "tls.pem"), certificate)
	write(t, filepath.Join(r.dir, "tls.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(r.dir, "htpasswd"), fmt.Appendf(nil, "%s:%s\n", user, hash))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host = listener.Addr().String()
	listener.Close()
	config := filepath.Join(r.dir, "registry.yaml")
	write(t, config, fmt.Appendf(nil, `version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: %[1]s/registry}, delete: {enabled: true}}
http: {addr: %[2]s, tls: {certificate: %[1]s/tls.pem, key: %[1]s/tls.key}}
auth: {htpasswd: {realm: test, path: %[1]s/htpasswd}}
`, r.dir, host))
	var output bytes.Buffer
	cmd := exec.Command(filepath.Join(r.bin, "registry"), "serve", config)
	cmd.Env = append(os.Environ(), "OTEL_TRACES_EXPORTER=none")
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 100 {
		if conn, err := net.DialTimeout("tcp", host, time.Second); err == nil {
			conn.Close()
			return host, certificate
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("the registry does not answer: %s", output.String())
	return "", nil
}

// run runs a program and returns its output and exit code.
func (r *real) run(t testing.TB, program string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(r.bin, program), args...)
	var out, err bytes.Buffer
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = r.env, r.dir, &out, &err
	if e := cmd.Run(); e != nil && cmd.ProcessState == nil {
		t.Fatal(e)
	}
	return out.String(), err.String(), cmd.ProcessState.ExitCode()
}

// pod runs the images, beside a policy.
func (r *real) pod(t testing.TB, file, policy string, images ...name.Digest) string {
	t.Helper()
	var containers []any
	for i, d := range images {
		containers = append(containers, object{"name": fmt.Sprintf("c%d", i), "image": d.String()})
	}
	text, err := json.Marshal(object{"apiVersion": "v1", "kind": "Pod", "metadata": object{"name": "p", "namespace": "ci"}, "spec": object{"containers": containers}})
	if err != nil {
		t.Fatal(err)
	}
	return r.publish(file, append([]byte(policy+"\n"), text...))
}

// verify asks tenon and returns the verdicts by image.
func (r *real) verify(t testing.TB, args ...string) map[string]signing.Verdict {
	t.Helper()
	out, stderr, code := r.run(t, "tenon", append([]string{"image", "verify", "-o", "json", "--trusted-root", "lab=" + r.rootFile}, args...)...)
	if code > 1 {
		t.Fatalf("tenon ended with %d: %s", code, stderr)
	}
	var all []signing.Verdict
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		t.Fatalf("%v: %s%s", err, out, stderr)
	}
	verdicts := map[string]signing.Verdict{}
	for _, v := range all {
		verdicts[v.Image] = v
	}
	return verdicts
}

// cosignArgs ask the real cosign what a policy of the kind asks.
func (r *real) cosignArgs(k kind, d name.Digest) []string {
	args := []string{"verify"}
	if k != keySignature && k != keylessSignature {
		args = []string{"verify-attestation", "--type", provenanceType, "--policy", r.publish("predicate.cue", fmt.Appendf(nil, "predicate: runDetails: builder: id: %q\n", builderID))}
	}
	if k == keySignature || k == keyAttestation {
		args = append(args, "--key", filepath.Join(r.dir, "builder.pub"), "--insecure-ignore-tlog")
	} else {
		args = append(args, "--certificate-identity", workflow, "--certificate-oidc-issuer", issuer, "--insecure-ignore-sct", "--offline")
	}
	if k == bundleAttestation { // in the older format cosign takes the root of trust from the environment
		args = append(args, "--new-bundle-format", "--trusted-root", r.rootFile)
	}
	return append(args, d.String())
}

// TestPeers asks tenon, cosign and policy-controller about every trial.
func TestPeers(t *testing.T) {
	r := newReal(t)
	made := map[kind][]name.Digest{}
	for _, c := range trials {
		made[c.kind] = append(made[c.kind], c.make(r.lab))
	}
	said, asked := map[kind]map[string]signing.Verdict{}, map[kind]map[string]string{}
	for k, images := range made {
		policy := policyText(r.lab, "builder", policyOf(r.lab, k))
		said[k] = r.verify(t, "--no-cache", r.pod(t, "pod.json", policy, images...))
		asked[k] = r.policyController(t, policy, images)
	}
	at := map[kind]int{}
	t.Logf("%-24s %-38s %-9s %-9s %s", "KIND", "TRIAL", "TENON", "COSIGN", "POLICY-CONTROLLER")
	for _, c := range trials {
		d := made[c.kind][at[c.kind]]
		at[c.kind]++
		v := said[c.kind][d.String()]
		cosign := signing.Verified
		_, stderr, code := r.run(t, "cosign", r.cosignArgs(c.kind, d)...)
		if code != 0 {
			cosign = signing.Failed
		}
		controller := asked[c.kind][d.String()]
		t.Logf("%-24s %-38s %-9s %-9s %s", c.kind, c.title, v.Outcome, cosign, controller)
		if v.Outcome != c.want || !strings.Contains(v.Reason, c.reason) {
			t.Errorf("tenon: %s: %s", v.Outcome, v.Reason)
		}
		if cosign != c.want {
			t.Errorf("cosign: %s: %s", cosign, stderr)
		}
		if controller != string(c.want) {
			t.Errorf("policy-controller: %s", controller)
		}
	}
}

func (r *real) policyController(t *testing.T, policy string, images []name.Digest) map[string]string {
	t.Helper()
	args := []string{r.rootFile, r.publish("policy.json", []byte(strings.Replace(policy, "/v1beta1", "/v1alpha1", 1)))}
	for _, d := range images {
		args = append(args, d.String())
	}
	out, stderr, code := r.run(t, "policycontroller", args...)
	if code != 0 {
		t.Fatalf("policy-controller ended with %d: %s", code, stderr)
	}
	verdicts, why := map[string]string{}, ""
	for line := range strings.Lines(out) {
		var v struct{ Image, Verdict, Error string }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		verdicts[v.Image] = map[string]string{"pass": "verified", "fail": "failed"}[v.Verdict]
		why += v.Error + "\n"
	}
	if !strings.Contains(out, `"pass"`) {
		t.Errorf("policy-controller takes none of the images: %s", why)
	}
	return verdicts
}

// TestSignedByCosign verifies what the real cosign signed and attested, and then once more from a
// folder, in a network namespace without a network.
func TestSignedByCosign(t *testing.T) {
	r := newReal(t)
	for _, secret := range []string{"", "correct horse"} {
		r.env = append(r.env, "COSIGN_PASSWORD="+secret)
		prefix := fmt.Sprintf("key%d", len(secret))
		r.cosign(t, "generate-key-pair", "--output-key-prefix", prefix)
		key, public := filepath.Join(r.dir, prefix+".key"), filepath.Join(r.dir, prefix+".pub")
		image, attested, referred := r.image(), r.image(), r.image()
		r.cosign(t, "sign", "--key", key, "--tlog-upload=false", "--yes", image.String())
		r.env = append(r.env, "COSIGN_EXPERIMENTAL=1")
		r.cosign(t, "sign", "--key", key, "--tlog-upload=false", "--yes", "--registry-referrers-mode", "oci-1-1", referred.String())
		statements := map[string]any{"slsaprovenance1": provenance(builderID), "spdxjson": object{"SPDXID": "SPDXRef-DOCUMENT", "packages": []any{}}, "cyclonedx": object{"bomFormat": "CycloneDX", "components": []any{}}}
		var wanted []any
		for kind, predicate := range statements {
			text, err := json.Marshal(predicate)
			r.must(err)
			r.cosign(t, "attest", "--key", key, "--tlog-upload=false", "--yes", "--type", kind, "--predicate", r.publish("predicate.json", text), attested.String())
			wanted = append(wanted, object{"name": kind, "predicateType": kind})
		}
		pem, err := os.ReadFile(public)
		r.must(err)
		authority := object{"key": object{"data": string(pem)}}
		plain := r.pod(t, "signed.json", policyText(r.lab, "signed", object{"authorities": []any{authority}}), image)
		full := r.pod(t, "attested.json", policyText(r.lab, "attested", object{"authorities": []any{object{"key": authority["key"], "attestations": wanted}}}), attested)
		own := r.pod(t, "own.json", "", image, referred)
		for _, args := range [][]string{{"--no-cache", plain}, {"--no-cache", full}, {"--no-cache", "--key", public, own}} {
			for image, v := range r.verify(t, args...) {
				if v.Outcome != signing.Verified {
					t.Errorf("%v: %s: %s: %s", args, image, v.Outcome, v.Reason)
				}
			}
		}
		r.offline(t, prefix, plain, full)
	}
}

func (r *real) cosign(t *testing.T, args ...string) {
	t.Helper()
	if _, stderr, code := r.run(t, "cosign", args...); code != 0 {
		t.Fatalf("cosign %v ended with %d: %s", args, code, stderr)
	}
}

// offline exports the evidence and verifies it where there is no network.
func (r *real) offline(t *testing.T, folder string, files ...string) {
	t.Helper()
	for _, file := range files {
		dir := filepath.Join(r.dir, folder+"-"+filepath.Base(file))
		if _, stderr, code := r.run(t, "tenon", "image", "export", dir, file); code != 0 {
			t.Fatalf("export: %s", stderr)
		}
		for _, c := range []struct {
			title string
			args  []string
			want  int
			says  string
		}{
			{"from the folder", []string{"--offline", dir}, 0, "1 of 1 images verified"},
			{"from the network", []string{"--no-cache"}, 1, "0 of 1 images verified"},
		} {
			cmd := exec.Command("unshare", append([]string{"--map-root-user", "--net", filepath.Join(r.bin, "tenon"), "image", "verify", file}, c.args...)...)
			cmd.Env, cmd.Dir = r.env, r.dir
			out, _ := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() != c.want || !strings.Contains(string(out), c.says) {
				t.Errorf("%s, without a network: %d: %s", c.title, cmd.ProcessState.ExitCode(), out)
			}
			if c.want == 1 && !strings.Contains(string(out), "not verified") {
				t.Errorf("without a network and a folder an image is not verified: %s", out)
			}
		}
	}
}

// BenchmarkFifty verifies 50 images with a signature and an attestation each, by tenon and by one call
// of cosign for each kind, with tenon's cache last.
func BenchmarkFifty(b *testing.B) {
	r := newReal(b)
	var images []name.Digest
	for range 50 {
		d := r.image()
		r.attach(d, r.byKey(r.builder, d))
		images = append(images, r.attachAttestation(d, r.attestedByKey(r.builder, statementOf(r.lab, d, provenanceType, provenance(builderID)))))
	}
	signed, attested := policyOf(r.lab, keySignature), policyOf(r.lab, keyAttestation)
	file := r.pod(b, "fifty.json", policyText(r.lab, "signed", signed)+"\n"+policyText(r.lab, "attested", attested), images...)
	timed := func(title string, calls func()) {
		b.Run(title, func(b *testing.B) {
			for b.Loop() {
				calls()
			}
		})
	}
	var references []string
	for _, d := range images {
		references = append(references, d.String())
	}
	both := func(args ...string) {
		if n := len(r.verify(b, append(args, file)...)); n != 50 {
			b.Fatalf("%d verdicts", n)
		}
	}
	timed("tenon", func() { both("--no-cache") })
	timed("cosign", func() {
		for _, k := range []kind{keySignature, keyAttestation} {
			args := r.cosignArgs(k, images[0])
			if _, stderr, code := r.run(b, "cosign", append(args[:len(args)-1], references...)...); code != 0 {
				b.Fatal(stderr)
			}
		}
	})
	both()
	timed("tenon-cached", func() { both() })
}
