package ops

import (
	"fmt"
	"strings"
)

// Roles are what an operator may do: a set of the roles below.
type Roles uint8

const (
	// Viewer sees queues and dead letters, with masked numbers.
	Viewer Roles = 1 << iota
	// Operator changes what the gateway does, and looks into the process.
	Operator
	// Privacy sees and changes what is known of subscribers.
	Privacy

	anyRole = Viewer | Operator | Privacy
	public  = Roles(0)      // no role is needed, and no credential
	anyone  = Roles(1 << 7) // the same, but not on the listener for metrics
)

// rules is the table of who may ask for which page: one of the roles is needed. A page that is not in the
// table is not served.
var rules = []rule{
	{"GET /healthz", public},
	{"GET /readyz", public},
	{pageMetrics, public}, // anyRole where metrics have a listener of their own and there are operators

	{"GET /v1/openapi.yaml", anyone},
	{"GET /v1/status", anyRole},
	{"GET /v1/accounts", anyRole},
	{"GET /v1/statistics", anyRole},
	{"GET /v1/sessions", anyRole},
	{"DELETE /v1/sessions/{id}", Operator},
	{"GET /v1/smsc", anyRole},
	{"DELETE /v1/smsc/{id}", Operator},
	{"GET /v1/config", anyRole},
	{"GET /v1/log/level", anyRole},
	{"PUT /v1/log/level", Operator},
	{"DELETE /v1/log/level", Operator},
	{"POST /v1/reload", Operator},
	{"GET /v1/drain", anyRole},
	{"POST /v1/drain", Operator},
	{pageUnnumbered, anyRole}, // Privacy with full=true
	{pageReads, anyRole},      // Privacy with full=true
	{"GET /v1/flow", anyRole},
	{pageMessages, anyRole},         // Privacy with full=true or a receiver
	{pageTrace, Operator | Privacy}, // Privacy with full=true or a receiver

	{"GET /v1/feedback", anyRole},
	{pageHeld, anyRole}, // Privacy with full=true
	{pageDead, anyRole}, // Privacy with full=true
	{"POST /v1/dead/replay", Operator},
	{"DELETE /v1/dead", Operator},

	{"GET /{$}", anyone}, // leads to the console
	{"GET " + LoginPath, anyone},
	{"POST " + LoginPath, anyone},
	{"POST /console/logout", anyone},
	{"POST /console/language", anyone},
	{"GET /console/static/", anyone},
	{"GET /console/{$}", anyRole},
	{"GET /console/sessions", anyRole},
	{"POST /console/sessions/{id}/end", Operator},
	{"GET /console/smsc", anyRole},
	{"POST /console/smsc/{id}/end", Operator},
	{"GET /console/accounts", anyRole},
	{"GET /console/skips", anyRole}, // with full=true its source needs Privacy, and so for reads, held and dead
	{"GET /console/reads", anyRole},
	{"GET /console/held", anyRole},
	{"GET /console/dead", anyRole},
	{"POST /console/dead", Operator},
	{"GET /console/messages", anyRole}, // of a receiver its source needs Privacy
	{"GET /console/conversation", Privacy},
	{"GET /console/configuration", anyRole},
	{"POST /console/configuration", Operator},
	{"GET /console/handsets", anyRole}, // of the demo
	{"POST /console/handsets", anyRole},
	{"GET /console/live/{page}", anyRole}, // its source says what it needs

	{"POST /-/drain", Operator},
	{"POST /-/reload", Operator},
	{"POST /v1/store/backup", Operator},
	{"GET /debug/pprof/", Operator},
	{"POST /debug/pprof/symbol", Operator},

	{"GET /v1/conversations/{sender}/{receiver}", Privacy},
	{"GET /v1/receivers/{receiver}/hash", Privacy},
	{"GET /v1/receivers/{receiver}/optout", Privacy},
	{"PUT /v1/receivers/{receiver}/optout", Privacy},
	{"DELETE /v1/receivers/{receiver}/optout", Privacy},
	{"DELETE /v1/receivers/{receiver}", Privacy},
}

// LoginPath is where somebody logs in to the console.
const LoginPath = "/console/login"

// isConsole reports whether a pattern is one of the console's pages.
func isConsole(pattern string) bool {
	_, path, _ := strings.Cut(pattern, " ")
	return strings.HasPrefix(path, "/console/") || path == "/{$}"
}

const (
	pageMetrics = "GET /metrics"
	pageDead    = "GET /v1/dead"

	pageUnnumbered = "GET /v1/unnumbered"
	pageReads      = "GET /v1/reads"
	pageMessages   = "GET /v1/messages"
	pageHeld       = "GET /v1/held"
	pageTrace      = "GET /v1/trace"
)

// rule says which roles may ask for the pages that a pattern of http.ServeMux matches.
type rule struct {
	pattern string
	roles   Roles
}

// roleNames are the roles as the configuration has them.
var roleNames = []struct {
	name string
	role Roles
}{{"viewer", Viewer}, {"operator", Operator}, {"privacy", Privacy}}

// ParseRole returns the role of a name.
func ParseRole(name string) (Roles, error) {
	for _, r := range roleNames {
		if r.name == name {
			return r.role, nil
		}
	}
	return 0, fmt.Errorf("role %q: want viewer, operator or privacy", name)
}

// String returns the names of the roles.
func (r Roles) String() string {
	var all []string
	for _, n := range roleNames {
		if r&n.role != 0 {
			all = append(all, n.name)
		}
	}
	return strings.Join(all, ", ")
}
