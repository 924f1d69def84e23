package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fiorix/go-smpp/smpp/pdu"

	"readback/internal/docpage"
	"readback/internal/simulator"
	"readback/internal/simulator/scenario"
	"readback/internal/testpeer"
)

// simulatorBlocks returns the blocks of docs/simulator.md in a language.
func simulatorBlocks(t *testing.T, language string) (all []string) {
	t.Helper()
	b, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range docpage.New("docs/simulator.md", string(b)).Blocks() {
		if block.Language == language {
			all = append(all, strings.Join(block.Lines, "\n"))
		}
	}
	return all
}

// TestSimulatorPage runs the commands of the page one after the other, on other ports. An ESME is bound as the page
// says, and has sent a message.
func TestSimulatorPage(t *testing.T) {
	var lines []string
	for _, block := range simulatorBlocks(t, "sh") {
		lines = append(lines, strings.Split(block, "\n")...)
	}
	if len(lines) < 15 || !strings.HasPrefix(lines[0], "readback sim smsc ") {
		t.Fatalf("%d commands, and first %q", len(lines), lines[0])
	}
	smsc, control := startCommand(t, lines[0])
	ctx := testpeer.Within(t)
	e, err := simulator.OpenESME(ctx, smsc, simulator.ESMEOptions{Bind: simulator.Bind{SystemID: "bank"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	m := simulator.ShortMessage{From: simulator.Number("10690001"), To: simulator.Number("447700900101"), UserData: []byte("Hi")}
	if _, err := e.Call(ctx, m.Append(nil, pdu.SubmitSMID, 0)); err != nil {
		t.Fatal(err)
	}
	t.Chdir("../..") // where the page's files are
	for _, line := range lines[1:] {
		var out string
		args := docpage.Words(strings.ReplaceAll(line, "127.0.0.1:9091", control))
		if args[0] == "curl" {
			out, err = curl(ctx, args[1:])
		} else {
			out, err = readback(ctx, args[1:], "http://"+control)
		}
		if err != nil {
			t.Errorf("%s: %v %s", line, err, out)
		}
	}
}

// startCommand runs a sim smsc on free ports until the test ends. It returns where it and its control listen.
func startCommand(t *testing.T, line string) (smsc, control string) {
	t.Helper()
	cmd := newCommand()
	cmd.SetArgs(docpage.Words(regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(line, "127.0.0.1:0"))[1:])
	out, in := io.Pipe()
	cmd.SetOut(in)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- cmd.ExecuteContext(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := testpeer.Receive(t, "the end of "+line, ended); err != nil {
			t.Error(err)
		}
	})
	if _, err := fmt.Fscanf(out, "smsc listens on %s\ncontrol listens on http://%s\n", &smsc, &control); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return smsc, control
}

// readback runs a command, with the control in place of the usual one.
func readback(ctx context.Context, args []string, control string) (string, error) {
	if !slices.Contains(args, "--control") {
		args = append(args, "--control", control)
	}
	var out bytes.Buffer
	cmd := newCommand()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	err := cmd.ExecuteContext(ctx)
	return out.String(), err
}

// curl does what curl does with these arguments.
func curl(ctx context.Context, args []string) (string, error) {
	method, url, body := http.MethodGet, "", io.Reader(nil)
	for len(args) > 0 {
		value := ""
		switch flag := args[0]; flag {
		case "-s":
		case "-X", "-d", "--data-binary":
			value, args = args[1], args[1:]
			if flag == "-X" {
				method = value
				break
			}
			if method == http.MethodGet {
				method = http.MethodPost
			}
			if file, ok := strings.CutPrefix(value, "@"); ok {
				b, err := os.ReadFile(file)
				if err != nil {
					return "", err
				}
				value = string(b)
			}
			body = strings.NewReader(value)
		default:
			url = flag
		}
		args = args[1:]
	}
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s", res.Status)
	}
	return string(b), err
}

// TestSimulatorPageScenarios: the scenarios of the page can be read, and what it shows of a mistake is what comes.
func TestSimulatorPageScenarios(t *testing.T) {
	read := 0
	for _, block := range simulatorBlocks(t, "yaml") {
		if !strings.HasPrefix(block, "rules:") {
			continue
		}
		read++
		if _, err := scenario.Parse("page", []byte(block)); err != nil {
			t.Error(err)
		}
	}
	_, err := scenario.Parse("ci.yaml", []byte("rules:\n  - every: 10\n    recever: \"*0101\"\n    status: ESME_RTHROTLED\n"))
	if blocks := simulatorBlocks(t, ""); read == 0 || err == nil || !slices.Contains(blocks, err.Error()) {
		t.Errorf("%d scenarios; the page shows\n%s\nand not\n%v", read, strings.Join(blocks, "\n"), err)
	}
}
