package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"readback/config"
	"readback/internal/ops"
	"readback/internal/simulator"
	"readback/internal/testpeer"
)

// hashOf is what the configuration has of a token.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// guardedService is a gateway with TLS and operators on ops.addr, and the files that they use.
func guardedService(t *testing.T) (r *running, dir string) {
	t.Helper()
	dir = t.TempDir()
	a := testpeer.NewAuthority(t)
	a.PutPair(t, dir, "gw1.example")
	cert, key := a.Issue(t, "carol.example")
	testpeer.PutFiles(t, dir, map[string][]byte{
		"ca.pem": a.PEM(), "carol.pem": cert, "carol.key": key, "token": []byte("s3cret\n"), "viewer": []byte("look"),
	})
	r = startService(t, func(cfg *config.Config) {
		cfg.Ops.Addr, cfg.Ops.MetricsAddr = "127.0.0.1:0", "127.0.0.1:0"
		cfg.Ops.TLS = config.OpsTLS{Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), ClientCA: filepath.Join(dir, "ca.pem")}
		cfg.Ops.Operators = []ops.Person{
			{Name: "alice", Roles: ops.Operator, SHA256: hashOf("s3cret")},
			{Name: "bob", Roles: ops.Viewer, SHA256: hashOf("look")},
			{Name: "carol", Roles: ops.Operator, Certificate: "carol.example"},
		}
	})
	if err := r.relay.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("relay: {store: %q}\nops:\n  addr: %q\n  tls: {cert: %s/cert.pem, key: %s/key.pem}\n  token_file: %s/token\n",
		r.cfg.Relay.Store, r.Ops(), dir, dir, dir)
	testpeer.PutFiles(t, dir, map[string][]byte{"readback.yaml": []byte(text)})
	return r, dir
}

// The tools present the operator's token or certificate, and verify the gateway's, by the configuration or by
// flags.
func TestToolsWithCredential(t *testing.T) {
	r, dir := guardedService(t)
	file := func(name string) string { return filepath.Join(dir, name) }
	byConfig := []string{"--config", file("readback.yaml")}
	byToken := []string{"--ops", "https://" + r.Ops(), "--ca", file("ca.pem"), "--token-file", file("token")}
	byCertificate := []string{"--ops", r.Ops(), "--ca", file("ca.pem"), "--client-cert", file("carol.pem"), "--client-key", file("carol.key")}
	for _, tt := range []struct {
		name    string
		command string
		flags   []string
		want    string // in the error; empty: none
	}{
		{"configured", "dead list", byConfig, ""},
		{"token", "dead list", byToken, ""},
		{"certificate", "dead list", byCertificate, ""},
		{"feedback", "feedback", byConfig, ""},
		{"reload", "reload", byToken, ""},
		{"replay", "dead replay --all", byCertificate, ""},
		{"backup", "store backup " + t.TempDir() + "/b", byConfig, ""},
		{"health", "health", byConfig, ""},
		{"health without a credential", "health", byToken[:4], ""},
		{"no credential", "dead list", byToken[:4], "401 Unauthorized: a token is needed"},
		{"no credential for a reload", "reload", byToken[:4], "401 Unauthorized"},
		{"another role", "reload", append(byToken[:4:4], "--token-file", file("viewer")), "403 Forbidden: this needs the role operator"},
		{"gateway not verified", "dead list", []string{"--ops", "https://" + r.Ops(), "--token-file", file("token")}, "certificate"},
		{"without TLS", "dead list", []string{"--ops", r.Ops()}, "EOF"},
		{"a backup by a viewer", "store backup " + t.TempDir() + "/b", append(byConfig[:2:2], "--token-file", file("viewer")), "403 Forbidden: this needs"},
		{"drain", "drain", byConfig, ""},
	} {
		_, err := execute(t, append(strings.Fields(tt.command), tt.flags...)...)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error with %q", tt.name, err, tt.want)
		}
	}
	if err := r.stop(); err != nil {
		t.Error(err)
	}
}

// Operators change at a reload. The listener for metrics has its own certificate check, and no commands.
func TestReloadOperators(t *testing.T) {
	r, dir := guardedService(t)
	token := []string{"dead", "list", "--config", filepath.Join(dir, "readback.yaml")}
	if _, err := execute(t, token...); err != nil {
		t.Fatal(err)
	}
	byCA, err := opsTLS("", filepath.Join(dir, "ca.pem"), "", "")
	if err != nil {
		t.Fatal(err)
	}
	trace, err := (&ops.Client{Base: "https://" + r.Ops(), Token: "s3cret", TLS: byCA}).Open(t.Context(), "GET", "/v1/trace?account=bank&for=1h", http.StatusOK)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = trace.Close() }()
	r.written.write(func(cfg *config.Config) { cfg.Ops.Operators = cfg.Ops.Operators[1:] }, nil)
	if _, err := r.reload(); err != nil {
		t.Fatal(err)
	}
	if lines, err := io.ReadAll(trace); err != nil || !strings.Contains(string(lines), `"reason":"stopped"`) {
		t.Errorf("alice's trace: got %q, %v, want its end", lines, err)
	}
	if _, err := execute(t, token...); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("after alice has left: got %v, want 401", err)
	}
	metrics := &ops.Client{Base: "https://" + r.Metrics(), TLS: byCA}
	for path, want := range map[string]int{"/metrics": http.StatusOK, "/healthz": http.StatusOK, "/v1/dead": http.StatusNotFound} {
		if _, err := metrics.Ask(t.Context(), "GET", path, want); err != nil {
			t.Errorf("metrics listener, %s: %v", path, err)
		}
	}
}

// The operator looks up, opts out and erases where callers of reads.addr must be subscribers, or show proofs.
func TestOperatorPrivacy(t *testing.T) {
	dir := t.TempDir()
	testpeer.PutFiles(t, dir, map[string][]byte{"token": []byte("s3cret"), "secret": []byte("0123456789abcdef0123456789abcdef")})
	r := startService(t, func(cfg *config.Config) {
		cfg.Track.Proof, cfg.Track.ProofSecrets = true, []config.Secret{"sixteen octets a"}
		cfg.Relay.Auth, cfg.Reads.JWT.Keys = []string{"jwt", "proof"}, filepath.Join(dir, "secret")
		cfg.Ops.Operators = []ops.Person{
			{Name: "pia", Roles: ops.Privacy, SHA256: hashOf("s3cret")}, {Name: "alice", Roles: ops.Operator | ops.Viewer, SHA256: hashOf("other")},
		}
	})
	if err := r.relay.WaitReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	e, err := simulator.OpenESME(t.Context(), r.ESMEs(), simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}})
	if err != nil {
		t.Fatal(err)
	}
	id := submit(t.Context(), t, e, receiver(0))
	look := []string{"conversations", "--ops", r.Ops(), "10690001", receiver(0)}
	if out, err := execute(t, append(look, "--token-file", filepath.Join(dir, "token"))...); err != nil || !strings.Contains(out, id) {
		t.Errorf("conversations: got %q, %v, want message %s", out, err, id)
	}
	if _, err := execute(t, look...); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("conversations without a token: got %v, want 401", err)
	}
	for _, tt := range []struct {
		token, method, path string
		want                int
	}{
		{"s3cret", "PUT", "/v1/receivers/" + receiver(0) + "/optout", 200},
		{"s3cret", "GET", "/v1/receivers/" + receiver(0) + "/optout", 200},
		{"s3cret", "DELETE", "/v1/receivers/" + receiver(0) + "/optout", 200},
		{"other", "DELETE", "/v1/receivers/" + receiver(0), 403},
		{"", "DELETE", "/v1/receivers/" + receiver(0), 401},
		{"s3cret", "DELETE", "/v1/receivers/" + receiver(0), 204},
	} {
		if _, err := (&ops.Client{Base: "http://" + r.Ops(), Token: tt.token}).Ask(t.Context(), tt.method, tt.path, tt.want); err != nil {
			t.Errorf("%s %s as %q: %v, want %d", tt.method, tt.path, tt.token, err, tt.want)
		}
	}
	if out, err := execute(t, append(look, "--token-file", filepath.Join(dir, "token"))...); out != "" || err == nil || !strings.HasPrefix(err.Error(), "no message from ") {
		t.Errorf("after the erasure: got %q, %v", out, err)
	}
}

// Somebody who opens connections and says nothing has few at a time, and keeps nobody out at another address.
func TestSilentConnections(t *testing.T) {
	r := startService(t, func(cfg *config.Config) { cfg.Ops.MetricsAddr = "127.0.0.1:0" })
	for _, addr := range []string{r.Ops(), r.Metrics()} {
		fewStay(t, addr, maxOps+10, maxOpsPerAddress)
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
		tr := &http.Transport{DialContext: d.DialContext, DisableKeepAlives: true}
		resp, err := (&http.Client{Transport: tr}).Get("http://" + addr + "/healthz")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("got %s, want 200", resp.Status)
		}
	}
}

// systemd may have opened a socket that other machines reach.
func TestGuarded(t *testing.T) {
	ln, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	local := testpeer.Listen(t)
	defer func() { _ = local.Close() }()
	some := config.Ops{Operators: []ops.Person{{Name: "alice"}}}
	for _, tt := range []struct {
		name    string
		cfg     config.Ops
		ln      net.Listener
		refused bool
	}{
		{"all addresses", config.Ops{}, ln, true},
		{"with operators", some, ln, false},
		{"loopback", config.Ops{}, local, false},
		{"off", config.Ops{}, nil, false},
	} {
		if err := guarded(tt.cfg, tt.ln); (err != nil) != tt.refused {
			t.Errorf("%s: got %v, want an error: %v", tt.name, err, tt.refused)
		}
	}
	file := filepath.Join(t.TempDir(), "readback.yaml")
	testpeer.PutFiles(t, filepath.Dir(file), map[string][]byte{"readback.yaml": []byte("smsc: {addr: \"127.0.0.1:1\"}\nops: {addr: \":0\"}\n")})
	if _, err := execute(t, "serve", "--config", file); err != errReported {
		t.Errorf("serve: got %v, want a refusal", err)
	}
}
