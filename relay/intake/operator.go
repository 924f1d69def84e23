package intake

import (
	"context"
	"net/http"

	"readback/relay/access"
	"readback/relay/message"
	"readback/relay/reads"
)

// page is a page about a receiver, and the scope that a backend needs for it.
type page struct {
	pattern string
	scope   access.Scope
	handle  http.HandlerFunc
}

func (a *API) receiverPages() []page {
	return []page{
		{"GET /v1/conversations/{sender}/{receiver}", access.ScopeLookup, a.getConversation},
		{"GET /v1/receivers/{receiver}/optout", access.ScopeErase, a.getOptOut},
		{"PUT /v1/receivers/{receiver}/optout", access.ScopeErase, a.putOptOut},
		{"DELETE /v1/receivers/{receiver}/optout", access.ScopeErase, a.deleteOptOut},
		{"DELETE /v1/receivers/{receiver}", access.ScopeErase, a.deleteReceiver},
	}
}

// add adds a page to mux. It answers callers with 403 that have not the scope.
func (a *API) add(mux *http.ServeMux, p page) {
	mux.Handle(p.pattern, a.within(reads.Query, func(w http.ResponseWriter, req *http.Request) {
		by := callerOf(req)
		if v := reads.NoScope(p.scope); !by.May(p.scope) {
			a.reads.Report("http", by, v)
			refuse(w, v)
			return
		}
		p.handle(w, req)
	}))
}

// OperatorHandler returns the pages about receivers for the operator of the gateway, whatever credentials callers
// need. The operator's interface has let a request through; by returns the name of its sender. The audit log has
// each request.
func (a *API) OperatorHandler(by func(*http.Request) string) http.Handler {
	mux := http.NewServeMux()
	for _, p := range a.receiverPages() {
		if p.scope == access.ScopeLookup { // others are logged as changes
			p.handle = a.logLookup(p.handle)
		}
		a.add(mux, p)
	}
	return atMost(maxOperators, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		who := access.Caller{Name: operatorName(by(req))}
		mux.ServeHTTP(w, req.WithContext(context.WithValue(req.Context(), callerKey{}, who)))
	}))
}

// operatorName is the name of an operator in the audit log.
func operatorName(by string) string { return "operator:" + by }

// logLookup has the audit log say who looks up a conversation.
func (a *API) logLookup(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		who := callerOf(req)
		a.opt.Audit.LogChange("lookup", &who, req.PathValue("receiver"), message.Accept())
		h(w, req)
	}
}

// LogLookup has the audit log say which operator looks up the messages of a receiver.
func (a *API) LogLookup(by, receiver string) {
	a.opt.Audit.LogChange("lookup", &access.Caller{Name: operatorName(by)}, receiver, message.Accept())
}
