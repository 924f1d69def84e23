package ops

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"golang.org/x/time/rate"
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
	name, _ := r.Context().Value(personKey{}).(string)
	return name
}

const nobody = "anyone"

// ServeHTTP passes a request on if its sender may ask for the page. It logs who did, except for pages that
// everybody may see.
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := g.access()
	unknown, pattern := g.rules.Handler(r)
	needed, listed := g.roles[pattern]
	switch {
	case pattern == pageMetrics && a.MetricsApart && len(a.Operators) > 0:
		needed = anyRole
	case (pattern == pageDead || pattern == pageUnnumbered || pattern == pageReads) && isFull(r):
		needed = Privacy
	}
	isPublic := listed && needed == public
	if err := a.checkSource(r, isPublic); err != nil {
		g.refuse(w, r, http.StatusForbidden, "", err.Error())
		return
	}
	if isPublic {
		g.pages.ServeHTTP(w, r)
		return
	}
	by := &Person{Name: nobody, Roles: anyRole}
	if len(a.Operators) > 0 {
		var err error
		if by, err = a.identify(r); err != nil {
			w.Header().Set("WWW-Authenticate", `Bearer realm="readback"`)
			g.refuse(w, r, http.StatusUnauthorized, "", err.Error())
			return
		}
	}
	switch {
	case !listed:
		unknown.ServeHTTP(w, r) // 404 or 405
	case by.Roles&needed == 0:
		g.refuse(w, r, http.StatusForbidden, by.Name, "this needs the role "+needed.String())
	default:
		g.log.Info("operator's request", requestAttrs(r, pattern, by.Name)...)
		g.pages.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), personKey{}, by.Name)))
	}
}

// isFull reports whether a request asks for subscribers' numbers in full.
func isFull(r *http.Request) bool { return slices.Contains(r.URL.Query()["full"], "true") }

// requestAttrs returns what the log says of a request. Paths are shown as patterns, because they contain
// subscribers' numbers.
func requestAttrs(r *http.Request, pattern, by string) []any {
	attrs := []any{"by", by, "remote", r.RemoteAddr, "page", pattern}
	query := r.URL.Query()
	for _, key := range []string{"account", "event", "all", "full", "dir"} {
		if v := query.Get(key); v != "" {
			attrs = append(attrs, key, v[:min(len(v), maxShown)])
		}
	}
	return attrs
}

// refuse answers a request that is not let through, and logs it.
func (g *guard) refuse(w http.ResponseWriter, r *http.Request, code int, by, reason string) {
	if g.lines.AllowN(time.Now(), 1) {
		_, pattern := g.rules.Handler(r)
		g.log.Warn("operator's request refused", append(requestAttrs(r, pattern, by), "method", r.Method, "code", code, "reason", reason)...)
	}
	w.Header().Set("Connection", "close") // a connection is for those who may ask
	http.Error(w, reason, code)
}
