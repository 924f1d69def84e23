package ops

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"readback/internal/admission"
)

// Bounds of the lines about refused requests. Without bounds, a flood would fill the disk with such lines.
const (
	refusedLines = 10 // a second
	refusedBurst = 100
)

// maxShown is how much of a query the log shows, in octets.
const maxShown = 200

// guard lets requests through to the pages by the table of rules. Access may change at any time.
type guard struct {
	// Static after construction.
	pages  http.Handler
	rules  *http.ServeMux // finds the rule of a request; the handlers of the rules are never called
	roles  map[string]Roles
	access func() *Access
	log    *slog.Logger
	lines  *rate.Limiter
	logins logins
	open   openRequests
}

func newGuard(pages http.Handler, access func() *Access, log *slog.Logger) *guard {
	g := &guard{
		pages: pages, rules: http.NewServeMux(), roles: make(map[string]Roles, len(rules)), access: access, log: log,
		lines: rate.NewLimiter(refusedLines, refusedBurst),
	}
	for _, r := range rules {
		g.rules.Handle(r.pattern, http.NotFoundHandler())
		g.roles[r.pattern] = r.roles
	}
	return g
}

// personKey is the key of the name of the sender in the context of a request.
type personKey struct{}

// By returns the name of whoever sent a request that a Server has let through: that of ops.operators, or anyone
// where there are none.
func By(r *http.Request) string {
	if by, ok := r.Context().Value(personKey{}).(*Person); ok {
		return by.Name
	}
	return ""
}

// RolesOf returns the roles of whoever sent a request that a Server has let through.
func RolesOf(r *http.Request) Roles {
	if by, ok := r.Context().Value(personKey{}).(*Person); ok {
		return by.Roles
	}
	return 0
}

const nobody = "anyone"

// ServeHTTP passes a request on if its sender may ask for the page. It logs who did, except for pages that
// everybody may see.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := g.access()
	unknown, pattern := g.rules.Handler(r)
	needed, listed := g.needed(r, pattern, a)
	isPublic := listed && needed == public
	if err := a.checkSource(r, isPublic); err != nil && !isVisit(r, pattern, err) {
		g.refuse(w, r, http.StatusForbidden, "", err.Error())
		return
	}
	if isPublic || needed == anyone {
		g.pages.ServeHTTP(w, r)
		return
	}
	by, err := g.identify(a, r, pattern)
	switch {
	case err != nil && isConsole(pattern) && r.Method == http.MethodGet:
		http.Redirect(w, r, LoginPath+"?"+url.Values{"next": {r.URL.RequestURI()}}.Encode(), http.StatusSeeOther)
	case err != nil:
		w.Header().Set("WWW-Authenticate", `Bearer realm="readback"`)
		g.refuse(w, r, http.StatusUnauthorized, "", err.Error())
	case !listed:
		if isAPI(r) {
			w = problems{w}
		}
		unknown.ServeHTTP(w, r) // 404 or 405
	case by.Roles&needed == 0:
		g.refuse(w, r, http.StatusForbidden, by.Name, "this needs the role "+needed.String())
	default:
		g.log.Info("operator's request", requestAttrs(r, pattern, by.Name)...)
		g.answer(w, withPerson(r, by), a)
	}
}

// answer answers a request that is let through by the rules of access a. It ends when those change and its sender has
// lost a role. The connection is that of somebody known from now on, and gives way to no stranger.
func (g *guard) answer(w http.ResponseWriter, r *http.Request, a *Access) {
	admission.PlaceOf(r.Context()).Accept()
	r, done := g.open.add(r)
	defer done()
	if g.access() != a {
		g.endWithdrawn() // they changed before r was among the open ones
	}
	g.pages.ServeHTTP(w, r)
}

// needed returns the roles of which a request needs one; listed is false if the page is not in the table.
func (g *guard) needed(r *http.Request, pattern string, a *Access) (needed Roles, listed bool) {
	needed, listed = g.roles[pattern]
	switch {
	case pattern == pageMetrics && a.MetricsApart && len(a.Operators) > 0:
		needed = anyRole
	case mayBeFull(pattern) && isFull(r):
		needed = Privacy
	case (pattern == pageMessages || pattern == pageTrace) && r.URL.Query().Has("receiver"):
		needed = Privacy
	}
	return needed, listed
}

// identify returns who sends a request: by its token or certificate, or on the pages of the console by its cookie.
func (g *guard) identify(a *Access, r *http.Request, pattern string) (*Person, error) {
	if len(a.Operators) == 0 {
		return &Person{Name: nobody, Roles: anyRole}, nil
	}
	by, err := a.identify(r)
	if err != nil && isConsole(pattern) {
		if p := g.logins.find(r, a, time.Now()); p != nil {
			return p, nil
		}
	}
	return by, err
}

// mayBeFull reports whether a page shows subscribers' numbers in full when it is asked to.
func mayBeFull(pattern string) bool {
	switch pattern {
	case pageDead, pageUnnumbered, pageReads, pageMessages, pageHeld, pageTrace:
		return true
	}
	return false
}

// isFull reports whether a request asks for subscribers' numbers in full.
func isFull(r *http.Request) bool { return slices.Contains(r.URL.Query()["full"], "true") }

// requestAttrs returns what the log says of a request. Paths are shown as patterns, because they contain
// subscribers' numbers.
func requestAttrs(r *http.Request, pattern, by string) []any {
	attrs := []any{"by", by, "remote", r.RemoteAddr, "page", pattern}
	query := r.URL.Query()
	for _, key := range []string{"account", "message_id", "event", "all", "full", "dir"} {
		if v := query.Get(key); v != "" {
			attrs = append(attrs, key, v[:min(len(v), maxShown)])
		}
	}
	return attrs
}

// refuse answers a request that is not let through, and logs it.
func (g *guard) refuse(w http.ResponseWriter, r *http.Request, code int, by, reason string) {
	g.logRefusal(r, code, by, reason)
	admission.PlaceOf(r.Context()).Refused()
	w.Header().Set("Connection", "close") // a connection is for those who may ask
	if isAPI(r) {
		writeProblem(w, code, reason)
		return
	}
	http.Error(w, reason, code)
}

func (g *guard) logRefusal(r *http.Request, code int, by, reason string) {
	if g.lines.AllowN(time.Now(), 1) {
		_, pattern := g.rules.Handler(r)
		g.log.Warn("operator's request refused", append(requestAttrs(r, pattern, by), "method", r.Method, "code", code, "reason", reason)...)
	}
}
