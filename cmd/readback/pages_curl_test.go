package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"readback/internal/docpage"
)

// curl sends the request that a call of curl would, to this gateway.
func (g *pagesGateway) curl(t *testing.T, args []string) error {
	t.Helper()
	method, body, url := "", "", ""
	header := make(http.Header)
	for i := 0; i < len(args); i++ {
		value := ""
		if strings.HasPrefix(args[i], "-") && i+1 < len(args) {
			value = args[i+1]
		}
		switch args[i] {
		case "-s", "-f", "-N", "-i", "-sf", "-fs":
		case "-X":
			method = value
			i++
		case "-d", "--data-binary":
			body = value
			i++
		case "-H":
			name, text, _ := strings.Cut(value, ":")
			header.Add(name, strings.TrimSpace(text))
			i++
		default:
			if strings.HasPrefix(args[i], "-") || url != "" {
				return fmt.Errorf("the test does not know %s", args[i])
			}
			url = strings.NewReplacer("127.0.0.1:8080", g.Reads(), "127.0.0.1:9090", g.Ops()).Replace(args[i])
		}
	}
	if method == "" && body != "" {
		method = http.MethodPost
	}
	return request(t, method, url, body, header)
}

// request sends a request until it is not answered with 503, which asks for another try.
func request(t *testing.T, method, url, body string, header http.Header) error {
	t.Helper()
	for {
		req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		if err != nil {
			return err
		}
		req.Header = header
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		_ = resp.Body.Close() // only the status counts
		switch {
		case resp.StatusCode == http.StatusServiceUnavailable:
		case resp.StatusCode >= http.StatusMultipleChoices:
			return fmt.Errorf("%s", resp.Status)
		default:
			return nil
		}
	}
}

// TestPagesCurl sends the requests that the pages make by curl to the gateway's usual addresses.
func TestPagesCurl(t *testing.T) {
	g := newPagesGateway(t)
	sent := 0
	for _, p := range pagesOfThisRelease(t) {
		for _, c := range p.Curls() {
			if line := strings.Join(c.Args, " "); strings.Contains(line, "127.0.0.1:8080") || strings.Contains(line, "127.0.0.1:9090") {
				sent++
				if err := g.curl(t, c.Args); err != nil {
					t.Errorf("%s:%d: curl %s: %v", p.Path, c.Line, line, err)
				}
			}
		}
	}
	if sent == 0 {
		t.Error("no request: are the blocks found?")
	}
}

// pagesOfThisRelease returns the pages that describe this release: neither CHANGELOG.md nor the decisions.
func pagesOfThisRelease(t *testing.T) (all []docpage.Page) {
	t.Helper()
	pages, err := docpage.ReadAll("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		if p.Path != "CHANGELOG.md" && !strings.HasPrefix(p.Path, "docs/adr/") {
			all = append(all, p)
		}
	}
	return all
}
