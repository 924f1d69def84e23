package ops

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"readback/internal/ownhost"
)

var errOrigin = errors.New("a web page of another origin may not ask")

// checkSource returns why a request may come from a web page that is not this listener's. A page whose name
// resolves to the address of this listener (DNS rebinding) sends its own name in Host.
func (a *Access) checkSource(r *http.Request, isPublic bool) error {
	if !a.isOwn(r, isPublic) {
		return fmt.Errorf("host %.100q is none of this listener's: add it to ops.hosts, or ask at its address", r.Host)
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default:
		return errOrigin
	}
	for _, o := range r.Header.Values("Origin") {
		if u, err := url.Parse(o); err != nil || !strings.EqualFold(u.Host, r.Host) || r.Host == "" {
			return errOrigin
		}
	}
	return nil
}

// isOwn reports whether Host is the listener's. Only programs send none, in HTTP/1.0: some load balancers do to
// look at the health.
func (a *Access) isOwn(r *http.Request, isPublic bool) bool {
	return r.Host == "" && isPublic || ownhost.Is(r, a.Hosts)
}

// isVisit reports whether a request that checkSource refuses because of its origin is somebody's who follows a link to
// a page of the console. The page that has the link cannot see the answer, and reading changes nothing.
func isVisit(r *http.Request, pattern string, refusal error) bool {
	return errors.Is(refusal, errOrigin) && isConsole(pattern) && r.Method == http.MethodGet && len(r.Header.Values("Origin")) == 0 &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}
