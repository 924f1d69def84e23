package command

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/simulator"
	"readback/internal/simulator/control"
	"readback/internal/testpeer"
	"readback/smpp"
)

// startSMSC runs the command until the test ends. It returns what it prints, and where it listens.
func startSMSC(t *testing.T, cmd SMSC) (out *screen, addr, controlURL string) {
	t.Helper()
	out = new(screen)
	cmd.Addr, cmd.Control, cmd.Out = "127.0.0.1:0", "127.0.0.1:0", out
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- RunSMSC(ctx, cmd) }()
	t.Cleanup(func() {
		cancel()
		if err := testpeer.Receive(t, "end", ended); err != nil {
			t.Errorf("RunSMSC: %v", err)
		}
	})
	return out, out.wait(t, `smsc listens on (\S+)`), out.wait(t, `control listens on (\S+)`)
}

// file writes a file of the test.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSMSCWithScenario(t *testing.T) {
	path := file(t, "ci.yaml", "rules:\n  - {name: none to 0101, receiver: \"*0101\", status: ESME_RINVDSTADR}\n")
	out, addr, controlURL := startSMSC(t, SMSC{Files: Files{Scenario: path}, Failure: Failure{Rate: 1, Status: "0x45"}, Seed: 17})
	out.wait(t, `scenario of 2 rules, seed 17\n`)
	for to, want := range map[string]pdu.Status{"447700900101": 0x0B, "447700900102": 0x45} {
		err := RunESME(testpeer.Within(t), ESME{Addr: addr, From: esmeNumber, To: to, Text: "Hi", Out: new(screen)})
		if err == nil || err.Error() != want.Error() {
			t.Errorf("to %s: %v, want %v", to, err, want)
		}
	}
	var status screen
	if err := RunStatus(testpeer.Within(t), Status{Control: controlURL, Out: &status}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`0 messages accepted`, `RULE \(seed 17\) +MATCHED +APPLIED`, `none to 0101 +1 +1\n`, `failure rate +1 +1\n`} {
		status.wait(t, want)
	}
}

func TestSMSCRefusesToStart(t *testing.T) {
	bad := file(t, "bad.yaml", "rules: [{stauts: 1}]")
	for _, tt := range []struct {
		name string
		cmd  SMSC
		want string
	}{
		{"scenario", SMSC{Files: Files{Scenario: bad}}, bad + ":1: rules[0].stauts: unknown key (hint: did you mean rules[0].status?)"},
		{"rate", SMSC{Failure: Failure{Rate: 2}}, "failure rate 2: not a share"},
		{"status", SMSC{Failure: Failure{Rate: 0.5, Status: "ESME_BUSY"}}, `failure status: "ESME_BUSY": unknown status`},
		{"no rate", SMSC{Failure: Failure{Status: "0x45"}}, "--failure-status needs --failure-rate"},
		{"rate that is no number", SMSC{Failure: Failure{Rate: math.NaN()}}, "failure rate NaN: not a share"},
		{"no refusal", SMSC{Failure: Failure{Rate: 0.5, Status: "ESME_ROK"}}, "no refusal (hint: a status other than ESME_ROK"},
		{"window", SMSC{SMSC: simulator.Options{Window: -1}}, "--window: -1 is below zero"},
		{"keep", SMSC{SMSC: simulator.Options{Keep: -1}}, "--keep: -1 is below zero"},
		{"delay", SMSC{SMSC: simulator.Options{ResponseDelay: -time.Second}}, "--response-delay: -1s is below zero"},
		{"account", SMSC{SMSC: simulator.Options{Accounts: map[string]string{"": "x"}}}, "--account: an empty system_id"},
		{"certificate alone", SMSC{Files: Files{Cert: bad}}, "--tls-cert needs --tls-key"},
		{"key alone", SMSC{Files: Files{Key: bad}}, "need --tls-cert"},
		{"no certificate", SMSC{Files: Files{Cert: bad, Key: bad}}, "--tls-cert, --tls-key: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.cmd.Addr, tt.cmd.Out = "127.0.0.1:0", new(screen)
			if err := RunSMSC(testpeer.Within(t), tt.cmd); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// TestSMSCOverTLS: an ESME needs a certificate of the authority, if there is one.
func TestSMSCOverTLS(t *testing.T) {
	authority, stranger := testpeer.NewAuthority(t), testpeer.NewAuthority(t)
	cert, key := authority.Issue(t, "smsc.example")
	files := Files{
		Cert: file(t, "cert.pem", string(cert)), Key: file(t, "key.pem", string(key)), ClientCA: file(t, "ca.pem", string(authority.PEM())),
	}
	_, addr, _ := startSMSC(t, SMSC{Files: files})
	for name, pair := range map[string]*testpeer.Authority{"known": authority, "stranger": stranger, "none": nil} {
		cfg := &tls.Config{RootCAs: authority.Pool()}
		if pair != nil {
			cfg.Certificates = []tls.Certificate{pair.Pair(t, "esme")}
		}
		conn, err := tls.Dial("tcp", addr, cfg)
		if err != nil {
			t.Fatal(err)
		}
		p := testpeer.New(t, conn)
		p.Send(simulator.Bind{SystemID: "bank"}.Append(nil, 1))
		f, err := p.In.Next()
		if ok := err == nil && f.Status() == smpp.StatusOK; ok != (name == "known") {
			t.Errorf("%s: bound with % x, %v", name, []byte(f), err)
		}
	}
	files.ClientCA = files.Key
	if err := RunSMSC(testpeer.Within(t), SMSC{Addr: "127.0.0.1:0", Files: files, Out: new(screen)}); err == nil {
		t.Error("a file without certificates is taken for an authority")
	}
}

func TestMOAndReset(t *testing.T) {
	_, addr, controlURL := startSMSC(t, SMSC{SMSC: simulator.Options{Keep: 10}})
	mo := MO{Control: controlURL, MO: control.MO{Account: "bank", From: handsetNumber, To: esmeNumber, Text: "STOP"}, Out: new(screen)}
	if err := RunMO(testpeer.Within(t), mo); err == nil || !strings.Contains(err.Error(), "no session of the account") {
		t.Errorf("MO to nobody: %v", err)
	}
	answers := []pdu.Status{smpp.StatusOK, smpp.StatusOK, 0x0444}
	e, err := simulator.OpenESME(testpeer.Within(t), addr, simulator.ESMEOptions{
		Bind: simulator.Bind{SystemID: "bank"},
		OnRequest: func(smpp.Frame) pdu.Status {
			status := answers[0]
			answers = answers[1:]
			return status
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	mo.Control = strings.TrimPrefix(controlURL, "http://")
	var out screen
	mo.Out = &out
	if err := RunMO(testpeer.Within(t), mo); err != nil {
		t.Fatal(err)
	}
	out.wait(t, handsetNumber+" → "+esmeNumber+"  ESME_ROK\n")
	var asJSON screen
	mo.JSON, mo.Out = true, &asJSON
	var got control.MOAnswer
	if err := RunMO(testpeer.Within(t), mo); err != nil {
		t.Fatal(err)
	}
	if text, _ := asJSON.printed(); json.Unmarshal([]byte(text), &got) != nil || len(got.Parts) != 1 {
		t.Errorf("printed %s", text)
	}
	if err := RunMO(testpeer.Within(t), mo); err == nil || err.Error() != "the ESME refused it: 0x444" {
		t.Errorf("a refusal: %v", err)
	}
	if err := RunReset(testpeer.Within(t), strings.TrimPrefix(controlURL, "http://"), new(screen)); err != nil {
		t.Error(err)
	}
	if err := RunReset(testpeer.Within(t), "127.0.0.1:1", new(screen)); err == nil {
		t.Error("a reset of nobody succeeds")
	}
	var status screen
	if err := RunStatus(testpeer.Within(t), Status{Control: controlURL, JSON: true, Out: &status}); err != nil {
		t.Fatal(err)
	}
	status.wait(t, `"account":"bank","bind":"transceiver".*"rules":\[\]`)
}
