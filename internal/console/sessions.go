package console

import (
	"net/http"
	"net/url"

	"readback/internal/operator"
)

// listQuery returns the query of a list: the parameters of a page that the API has too.
func listQuery(v *visit, names ...string) string {
	q := url.Values{}
	for _, name := range append(names, "limit", "cursor") {
		if value := v.r.URL.Query().Get(name); value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func sessionData(v *visit) (any, *problem) {
	return shown(get[operator.Sessions](v, "/v1/sessions"+listQuery(v, "account")))
}

func smscData(v *visit) (any, *problem) {
	return shown(get[operator.SMSC](v, "/v1/smsc"+listQuery(v)))
}

func skipData(v *visit) (any, *problem) {
	return shown(get[operator.Unnumbered](v, "/v1/unnumbered"+listQuery(v, "account", "full")))
}

func heldData(v *visit) (any, *problem) {
	return shown(get[operator.HeldReceipts](v, "/v1/held"+listQuery(v, "account", "full")))
}

func readData(v *visit) (any, *problem) {
	return shown(get[operator.ReadResponses](v, "/v1/reads"+listQuery(v, "full")))
}

// shown returns an answer as what a page shows; nothing, if there is a problem.
func shown[T any](answer T, p *problem) (any, *problem) {
	if p != nil {
		return nil, p
	}
	return answer, nil
}

// endSession ends the session of an ESME.
func (c *Console) endSession(w http.ResponseWriter, r *http.Request) {
	c.change(w, r, http.MethodDelete, "/v1/sessions/"+url.PathEscape(r.PathValue("id")), "/console/sessions?done=session")
}

// endSMSC ends a session with the SMSC.
func (c *Console) endSMSC(w http.ResponseWriter, r *http.Request) {
	c.change(w, r, http.MethodDelete, "/v1/smsc/"+url.PathEscape(r.PathValue("id")), "/console/smsc?done=session")
}
