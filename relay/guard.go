package relay

import (
	"net/http"
	"slices"

	"readback/relay/message"
)

// maxRequests is how many requests of the HTTP API are under way at once; more get 503.
const maxRequests = 1000

// atMost answers so many requests at once and no more.
func atMost(most int, h http.Handler) http.Handler {
	places := make(chan struct{}, most)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			h.ServeHTTP(w, req)
		default:
			refuse(w, message.TryAgain("too many requests are under way, send it again"))
		}
	})
}

// crossOrigin lets web pages of the origins in and no others, as far as browsers tell: a
// page that somebody has open must not speak for who is let in without a credential.
// denied is told of those that are refused.
func crossOrigin(origins []string, denied func(message.Verdict), h http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	for _, o := range origins {
		_ = guard.AddTrustedOrigin(o) // Validate has seen to it
	}
	guard.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		v := message.Verdict{Kind: message.VerdictForbidden, Reason: "web page of another origin"}
		denied(v)
		refuse(w, v)
	}))
	protected := guard.Handler(h)
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

// preflight tells a browser what a page may send (Fetch §3.3).
func preflight(w http.ResponseWriter) {
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-API-Key")
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}
