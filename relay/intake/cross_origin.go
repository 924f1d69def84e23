package intake

import (
	"net/http"
	"slices"

	"readback/internal/ownhost"
	"readback/relay/message"
)

// crossOrigin passes requests of web pages to h only if their origin is listed, as far as browsers
// send it. Another page must not send requests in the name of a user who is accepted without a
// credential. denied is called with the verdict on each refused request.
func crossOrigin(origins []string, denied func(message.Verdict), h http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	for _, o := range origins {
		_ = protection.AddTrustedOrigin(o) // Options.Validate checks them
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		v := message.Verdict{Kind: message.VerdictForbidden, Reason: "web page of another origin"}
		denied(v)
		refuse(w, v)
	}))
	protected := protection.Handler(h)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if len(origins) > 0 {
			w.Header().Add("Vary", "Origin")
		}
		if origin := req.Header.Get("Origin"); slices.Contains(origins, origin) {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Expose-Headers", "Retry-After")
			if req.Method == http.MethodOptions && req.Header.Get("Access-Control-Request-Method") != "" {
				preflight(w)
				return
			}
		}
		protected.ServeHTTP(w, req)
	})
}

// ownHost passes requests to h. While no credential is asked for, it passes only those that name the API in Host:
// else a web page whose name resolves to the address of the API could use it. Only programs send no Host.
func (a *API) ownHost(denied func(message.Verdict), h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Host == "" || !a.callers.AdmitsAll() || ownhost.Is(req, a.opt.Hosts) {
			h.ServeHTTP(w, req)
			return
		}
		v := message.Verdict{Kind: message.VerdictForbidden, Reason: "host is none of this listener's: add it to reads.hosts, or ask for a credential"}
		denied(v)
		refuse(w, v)
	})
}

// preflight answers a browser with what a page may send (Fetch §3.3).
func preflight(w http.ResponseWriter) {
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-API-Key")
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}
