package console

import "readback/internal/operator"

// accountView is what the page about accounts shows.
type accountView struct {
	operator.Accounts
	Progress operator.Statistics
}

func accountData(v *visit) (any, *problem) {
	accounts, p := get[operator.Accounts](v, "/v1/accounts"+listQuery(v))
	if p != nil {
		return nil, p
	}
	progress, p := get[operator.Statistics](v, "/v1/statistics"+listQuery(v))
	if p != nil {
		return nil, p
	}
	return accountView{accounts, progress}, nil
}
