package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "readback"

// imports says which packages of the module each one may import. A new package
// gets its row here.
var imports = map[string][]string{
	"cmd/readback": {
		"config",
		"conversation", "docs",
		"handset",
		"internal/admission",
		"internal/bench",
		"internal/console",
		"internal/deliver",
		"internal/flow",
		"internal/gateway",
		"internal/metric",
		"internal/numbering",
		"internal/operator",
		"internal/ops",
		"internal/otlp",
		"internal/pcap",
		"internal/pool",
		"internal/setting",
		"internal/simulator",
		"internal/simulator/command",
		"internal/simulator/load",
		"internal/token",
		"internal/top",
		"internal/trace",
		"internal/transport",
		"internal/webhook",
		"relay",
		"relay/access",
		"relay/archive",
		"relay/broker",
		"relay/feedback",
		"relay/intake",
		"relay/message",
		"relay/reads",
		"smpp",
		"smpp/receipt",
		"udh",
	},
	"config": {
		"internal/account", "internal/deliver", "internal/gateway", "internal/numbering", "internal/ops",
		"internal/otlp", "internal/setting", "internal/token", "internal/webhook", "internal/yamlfile", "relay", "relay/access",
		"relay/broker",
	},
	"conversation":         {"smpp", "smpp/receipt"},
	"docs":                 {},
	"handset":              {"udh"},
	"internal/acceptance":  {},
	"internal/account":     {"internal/crash", "internal/lru", "internal/setting", "relay/message"},
	"internal/admission":   {"internal/crash", "internal/lru"},
	"internal/arch":        {},
	"internal/background":  {"internal/crash"},
	"internal/bench":       {"internal/bench/chart", "internal/simulator/load"},
	"internal/bench/chart": {},
	"internal/backoff":     {},
	"internal/bloom":       {},
	"internal/console": {
		"internal/bench/chart", "internal/flow", "internal/numbering", "internal/operator", "internal/ops", "relay/feedback", "relay/message",
		"relay/reads",
	},
	"internal/crash":   {},
	"internal/deliver": {"internal/setting", "relay/message", "smpp", "smpp/receipt", "udh"},
	"internal/docpage": {},
	"internal/faults":  {},
	"internal/flow":    {"internal/metric"},
	"internal/gateway": {
		"internal/account", "internal/admission", "internal/background", "internal/crash",
		"internal/deliver", "internal/lograte", "internal/metric", "internal/numbering", "internal/permit",
		"internal/pool",
		"internal/setting", "internal/readresponse", "internal/receipts", "internal/recent", "internal/retry",
		"internal/setting", "internal/trace", "relay/feedback", "relay/journal", "relay/ledger", "relay/message", "smpp",
		"smpp/receipt", "udh",
	},
	"internal/golden":    {},
	"internal/image":     {},
	"internal/interop":   {},
	"internal/kept":      {},
	"internal/lograte":   {},
	"internal/lru":       {},
	"internal/metric":    {},
	"internal/mutants":   {},
	"internal/numbering": {"relay/access", "relay/ledger", "relay/message", "smpp", "udh"},
	"internal/operator": {
		"internal/flow", "internal/gateway", "internal/numbering", "internal/ops", "internal/trace", "relay/feedback", "relay/history",
		"relay/message", "relay/reads", "relay/statistics", "smpp",
	},
	"internal/otlp": {
		"internal/backoff", "internal/metric", "internal/setting", "relay/index", "relay/journal", "relay/message",
	},
	"internal/ops":     {"internal/admission", "internal/lograte", "internal/ownhost", "relay/message"},
	"internal/ownhost": {},
	"internal/pcap":    {},
	"internal/permit":  {"internal/account", "internal/metric", "internal/setting", "smpp"},
	"internal/pool":    {"internal/crash", "internal/metric", "smpp"},
	"internal/promise": {},
	"internal/readresponse": {
		"internal/account", "internal/background", "internal/metric", "relay/access", "relay/message",
		"relay/reads", "smpp", "udh",
	},
	"internal/receipts": {
		"internal/background", "internal/crash", "internal/metric", "relay/journal", "relay/message", "smpp",
		"smpp/receipt",
	},
	"internal/recent":     {"internal/lru", "relay/message", "smpp/receipt"},
	"internal/retry":      {"internal/backoff", "internal/crash"},
	"internal/seed":       {},
	"internal/setting":    {},
	"internal/simulation": {},
	"internal/simulator":  {"handset", "smpp", "smpp/receipt", "udh"},
	"internal/simulator/command": {
		"handset", "internal/simulator", "internal/simulator/control", "internal/simulator/load",
		"internal/simulator/scenario", "smpp",
	},
	"internal/simulator/control":  {"docs", "internal/simulator", "internal/simulator/scenario", "smpp", "smpp/receipt"},
	"internal/simulator/load":     {"handset", "internal/simulator", "smpp"},
	"internal/simulator/scenario": {"internal/setting", "internal/simulator", "internal/yamlfile", "smpp", "smpp/receipt", "udh"},
	"internal/testpeer":           {"smpp"},
	"internal/token":              {"internal/kept"},
	"internal/top":                {"internal/operator", "relay/feedback"},
	"internal/trace":              {"relay/message", "smpp", "smpp/receipt", "udh"},
	"internal/transport":          {"internal/admission", "internal/kept", "internal/lograte", "internal/setting"},
	"internal/webhook":            {"relay/message"},
	"internal/yamlfile":           {"internal/setting"},
	"relay": {
		"internal/backoff", "internal/crash", "internal/metric", "internal/setting", "relay/access",
		"relay/archive", "relay/broker", "relay/cdr", "relay/feedback", "relay/history", "relay/index", "relay/intake",
		"relay/journal", "relay/ledger", "relay/message", "relay/reads", "relay/statistics", "smpp/receipt",
	},
	"relay/access": {"internal/lru", "relay/message", "udh"},
	"relay/archive": {
		"relay/broker", "relay/feedback", "relay/index", "relay/intake", "relay/journal", "relay/message",
	},
	"relay/broker": {
		"internal/admission", "internal/backoff", "internal/crash", "internal/metric", "internal/transport",
		"relay/access", "relay/inprocess", "relay/message",
	},
	"relay/cdr": {"internal/crash", "internal/metric", "internal/setting", "relay/journal", "relay/message"},
	"relay/feedback": {
		"internal/backoff", "internal/crash", "internal/lograte", "internal/lru", "internal/metric", "internal/setting",
		"relay/index", "relay/journal", "relay/message",
	},
	"relay/history":      {"relay/index", "relay/journal", "relay/message"},
	"relay/inprocess":    {},
	"relay/index":        {"internal/bloom", "internal/crash", "relay/index/rowmap", "relay/journal", "relay/message", "smpp/receipt"},
	"relay/index/rowmap": {},
	"relay/intake": {
		"docs", "internal/admission", "internal/backoff", "internal/ownhost", "relay/access", "relay/broker",
		"relay/feedback", "relay/journal", "relay/message", "relay/reads",
	},
	"relay/journal":             {"relay/message"},
	"relay/journal/journaltest": {"relay/journal", "relay/message"},
	"relay/ledger": {
		"internal/backoff", "internal/crash", "internal/lru", "internal/metric", "relay/index",
		"relay/journal", "relay/message", "smpp/receipt",
	},
	"relay/message": {},
	"relay/reads": {
		"internal/lru", "internal/metric", "relay/access", "relay/index", "relay/journal", "relay/message",
	},
	"relay/reads/readstest": {"relay/index", "relay/journal", "relay/message", "relay/relaytest"},
	"relay/relaytest":       {"relay/message"},
	"relay/statistics":      {"internal/metric", "relay/index", "relay/message"},
	"smpp":                  {},
	"smsctest":              {"internal/simulator", "internal/simulator/scenario", "smpp", "smpp/receipt", "udh"},
	"smpp/receipt":          {"smpp"},
	"udh":                   {},
}

// forTests are packages that only tests import: no row of imports names one.
var forTests = []string{"internal/docpage", "internal/promise", "internal/testpeer"}

// keepers says for packages of others who alone may import them, by the beginning
// of their path.
var keepers = map[string][]string{
	"github.com/MicahParks/jwkset":                            {"internal/token"},
	"github.com/cockroachdb/pebble":                           {"relay/index"},
	"github.com/chromedp/":                                    {}, // of tests
	"github.com/getkin/kin-openapi":                           {}, // of tests
	"github.com/go-analyze/charts":                            {"internal/bench/chart"},
	"github.com/golang-jwt/":                                  {"internal/token"},
	"github.com/google/go-containerregistry":                  {"internal/image"},
	"github.com/nats-io/":                                     {"internal/simulator/load", "relay/archive", "relay/broker", "relay/feedback", "relay/intake", "relay/journal", "relay/relaytest"}, // of the simulator: a client
	"github.com/pires/go-proxyproto":                          {"internal/transport"},
	"github.com/prometheus/client_golang/prometheus/promauto": {"internal/metric"},
	"github.com/prometheus/common/":                           {"internal/top"},
	"github.com/santhosh-tekuri/":                             {}, // in tests
	"github.com/spf13/cobra":                                  {"cmd/readback"},
	"github.com/spf13/pflag":                                  {"cmd/readback", "config"},
	"github.com/spf13/viper":                                  {"config"},
	"github.com/standard-webhooks/":                           {"internal/webhook"},
	"go.opentelemetry.io/":                                    {"internal/otlp"},
	"go.yaml.in/yaml":                                         {"config", "internal/simulator/scenario", "internal/yamlfile"},
	"google.golang.org/protobuf":                              {"internal/otlp"},
	"gopkg.in/yaml":                                           {},
}

// pkg is what go list says of a package; tests are left out.
type pkg struct {
	ImportPath string
	Imports    []string
}

// listPackages asks the go command, which needs no network for that.
func listPackages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-mod=readonly", "-json=ImportPath,Imports", module+"/...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var all []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		all = append(all, p)
	}
}

// broken lists the imports of a package that the tables forbid.
func broken(p pkg) []string {
	name := strings.TrimPrefix(p.ImportPath, module+"/")
	allowed, ok := imports[name]
	if !ok {
		return []string{name + " has no row in the table of imports"}
	}
	var all []string
	for _, i := range p.Imports {
		if own, isOwn := strings.CutPrefix(i, module+"/"); isOwn && !slices.Contains(allowed, own) {
			all = append(all, fmt.Sprintf("%s imports %s", name, own))
		}
		for prefix, who := range keepers {
			if strings.HasPrefix(i, prefix) && !slices.Contains(who, name) {
				all = append(all, fmt.Sprintf("%s imports %s, which is for %v", name, i, who))
			}
		}
	}
	return all
}

// lookAtModule reads the names in each directory of the module. A cached result of
// the test then holds only until one of its files changes: what the go command
// reads for us, the cache does not see.
func lookAtModule(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if d == nil || !d.IsDir() || path == "../.." {
			return err
		}
		if name := d.Name(); strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules" {
			return fs.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestImports(t *testing.T) {
	lookAtModule(t)
	packages := listPackages(t)
	if len(packages) < 5 {
		t.Fatalf("go list: got %d packages, want the module's", len(packages))
	}
	for _, p := range packages {
		for _, b := range broken(p) {
			t.Error(b)
		}
	}
}

// TestForTests keeps the packages of the tests out of the rows. What a test imports is in no row.
func TestForTests(t *testing.T) {
	for name, allowed := range imports {
		for _, p := range forTests {
			if slices.Contains(allowed, p) {
				t.Errorf("%s may import %s, which is for tests", name, p)
			}
		}
	}
}

func TestBroken(t *testing.T) {
	tests := []struct {
		name string
		pkg  pkg
		want []string
	}{
		{"allowed", pkg{module + "/internal/gateway", []string{"fmt", module + "/smpp", module + "/relay/message"}}, nil},
		{"wrong way", pkg{module + "/smpp", []string{module + "/internal/gateway"}}, []string{"smpp imports internal/gateway"}},
		{"config beyond cmd", pkg{module + "/relay", []string{module + "/config"}}, []string{"relay imports config"}},
		{
			"another's dependency",
			pkg{module + "/smpp", []string{"github.com/golang-jwt/jwt/v5"}},
			[]string{"smpp imports github.com/golang-jwt/jwt/v5, which is for [internal/token]"},
		},
		{
			"major version",
			pkg{module + "/relay", []string{"go.yaml.in/yaml/v3"}},
			[]string{"relay imports go.yaml.in/yaml/v3, which is for [config internal/simulator/scenario internal/yamlfile]"},
		},
		{"the tests' peers", pkg{module + "/smpp", []string{module + "/internal/testpeer"}}, []string{"smpp imports internal/testpeer"}},
		{"no row", pkg{module + "/internal/new", nil}, []string{"internal/new has no row in the table of imports"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := broken(tt.pkg); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// light are the packages that link neither NATS nor Pebble, not even by others: who uses a domain
// value, or writes an app, needs no database.
var light = []string{"relay/message", "relay/access", "conversation", "handset", "smpp/receipt", "internal/account", "internal/deliver", "internal/webhook"}

func TestLight(t *testing.T) {
	lookAtModule(t)
	for _, name := range light {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-mod=readonly", "-deps", module+"/"+name)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("go list: %v\n%s", err, &stderr)
		}
		deps := strings.Fields(string(out))
		if !slices.Contains(deps, module+"/"+name) {
			t.Fatalf("go list -deps %s: got %q", name, deps)
		}
		for _, heavy := range []string{"github.com/nats-io/", "github.com/cockroachdb/"} {
			if slices.ContainsFunc(deps, func(d string) bool { return strings.HasPrefix(d, heavy) }) {
				t.Errorf("%s links %s", name, heavy)
			}
		}
	}
}
