package config

import (
	"fmt"
	"strings"
	"testing"
)

// The headers of the file are for the collector, and are not shown.
func TestOTLPHeaders(t *testing.T) {
	cfg, err := load(t, "otlp: {url: 'https://collector.example', headers_file: ../testdata/config/headers.txt}")
	if err != nil {
		t.Fatal(err)
	}
	got := cfg.OTLP.Headers
	if len(got) != 2 || got["Authorization"] != "Bearer 0123456789abcdef" || got["X-Scope-OrgID"] != "readback" {
		t.Errorf("got %d headers, %q and %q", len(got), string(got["Authorization"]), string(got["X-Scope-OrgID"]))
	}
	if shown := fmt.Sprintf("%v %+v %#v", cfg, cfg, cfg); strings.Contains(shown, "0123456789abcdef") {
		t.Error("a header is shown")
	}
}
