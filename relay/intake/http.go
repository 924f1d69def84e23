package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"readback/docs"
	"readback/internal/admission"
	"readback/relay/access"
	"readback/relay/message"
	"readback/relay/reads"
)

// Bounds of the HTTP server. The answer may have to wait for the SMSC.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderOctets   = 32 << 10
	shutdownTimeout   = 3 * time.Second // no answer of an SMSC comes any more
	maxStreams        = 64              // of one HTTP/2 connection
)

// API is the HTTP API of callers.
type API struct {
	*Submitter
	opt     APIOptions
	changes *access.Rates // of opt-outs and erasures
}

// APIOptions are what an API serves.
type APIOptions struct {
	Submitter     *Submitter
	Audit         *reads.Audit // logs the changes that callers ask for
	OptOuts       *reads.OptOuts
	Conversations *reads.Conversations
	Erase         func(ctx context.Context, receiver message.Addr) message.Verdict
	Origins       []string // of web pages that may call
	Hosts         []string // by which the API may be asked, beside localhost and its address, where it asks for no credential
}

// NewAPI returns the HTTP API of callers.
func NewAPI(opt APIOptions) *API {
	return &API{Submitter: opt.Submitter, opt: opt, changes: access.NewRates(maxChanges, maxChanges)}
}

// Handler returns the handler of the API: callers report reads and get conversations, and receivers
// opt out and are erased.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/reads", a.postReads)
	for _, p := range a.receiverPages() {
		a.add(mux, p)
	}
	denied := func(v message.Verdict) { a.reads.Report("http", access.Caller{}, v) }
	return atMost(maxRequests, a.turnstile(a.ownHost(denied, crossOrigin(a.opt.Origins, denied, documented(a.authenticated(mux))))))
}

// Serve serves Handler on ln until ctx ends and the requests are answered. It closes ln.
func (a *API) Serve(ctx context.Context, ln net.Listener) error {
	s := newHTTPServer(a.Handler())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ln) }()
	var err error
	select {
	case err = <-served:
		return fmt.Errorf("serve reads: %w", err)
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err = s.Shutdown(limit); errors.Is(err, context.DeadlineExceeded) {
		err = s.Close()
	}
	if end := <-served; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	return err
}

// newHTTPServer returns a server that bounds the time, the octets and the streams of a client.
func newHTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      submitTimeout + readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderOctets,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ConnContext:       admission.With,
	}
}

// callerKey is the key of the Caller in the context of a request.
type callerKey struct{}

// authenticated passes the requests of accepted callers to h, with the Caller in their context.
func (a *API) authenticated(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		place, cred := admission.PlaceOf(req.Context()), access.CredentialOf(req.Header)
		if req.TLS != nil && len(req.TLS.VerifiedChains) > 0 {
			cred.Certificate = req.TLS.PeerCertificates[0]
		}
		by, err := a.identify(cred, time.Now())
		if err != nil {
			v := message.Unauthenticated(err)
			w.Header().Set("WWW-Authenticate", `Bearer realm="readback"`)
			a.reads.Report("http", access.Caller{}, v)
			refuse(w, v)
			place.Refused()
			return
		}
		if by.Source.IP = sourceOf(req); !by.NeedsProof {
			place.Accept()
		}
		defer place.Silent()
		h.ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), callerKey{}, by)))
	})
}

// sourceOf returns where a request comes from.
func sourceOf(req *http.Request) netip.Addr {
	addr, _ := netip.ParseAddrPort(req.RemoteAddr) // net/http writes it so
	return admission.SourceOf(net.TCPAddrFromAddrPort(addr))
}

// callerOf returns the sender of a request that passed authenticated.
func callerOf(req *http.Request) access.Caller {
	by, _ := req.Context().Value(callerKey{}).(access.Caller)
	return by
}

// postReads takes read responses. A long body needs a place of its own before it is read.
func (a *API) postReads(w http.ResponseWriter, req *http.Request) {
	if req.ContentLength < 0 || req.ContentLength > shortBody {
		a.within(reads.Body, a.postBody)(w, req)
		return
	}
	a.postBody(w, req)
}

func (a *API) postBody(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, reads.MaxBody))
	if err != nil {
		v := message.TryAgain("body did not come whole") // a slow network must not cost the response
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			v = message.Verdict{Kind: message.VerdictTooLarge, Reason: "is over 64 KiB"}
		}
		a.reads.Report("http", callerOf(req), v)
		refuse(w, v)
		return
	}
	place := admission.PlaceOf(req.Context())
	place.Working()
	ans := a.submit(req.Context(), body, via{name: "http"}, callerOf(req))
	if ans.Kind == message.VerdictAccepted {
		place.Credit()
	}
	if s := ans.retryAfter(); s > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(s))
	}
	reply(w, ans.code(), a.encode(ans))
}

func (a *API) getConversation(w http.ResponseWriter, req *http.Request) {
	receiver, v := receiverOf(req)
	if v.IsDecided() {
		refuse(w, v)
		return
	}
	by := callerOf(req)
	view, err := a.opt.Conversations.View(req.PathValue("sender"), receiver, by.Sees)
	switch {
	case errors.Is(err, message.ErrAddress):
		refuse(w, message.Malformed("sender", message.ErrAddress.Error()))
	case err != nil:
		refuse(w, message.TryAgain("index is away"))
	default:
		reply(w, http.StatusOK, a.encode(view))
	}
}

// documented answers with the OpenAPI document of the API, for which no credential is needed, and passes all other
// requests to h.
func documented(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/v1/openapi.yaml" || req.Method != http.MethodGet {
			h.ServeHTTP(w, req)
			return
		}
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(docs.ReceiversAPI) // the peer may have gone
	})
}

// reply answers a request. A caller that is refused as such, or for its rate, has to connect again: what
// limits connections counts that.
func reply(w http.ResponseWriter, code int, body any) {
	if code == http.StatusUnauthorized || code == http.StatusTooManyRequests {
		w.Header().Set("Connection", "close")
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the peer may have gone
}
