// The payments service.
package main

import (
	"log"
	"net/http"
	"strconv"
	"sync/atomic"

	"kit.example/httpkit"
	"kit.example/migrate"
)

func main() {
	if _, err := migrate.Load("./migrations"); err != nil {
		log.Fatal(err)
	}
	var total int64
	mux := http.NewServeMux()
	mux.HandleFunc("/api/health", httpkit.Health("payments", nil))
	mux.HandleFunc("/api/payments/", func(w http.ResponseWriter, r *http.Request) {
		cents, err := strconv.ParseInt(r.FormValue("cents"), 10, 64)
		if err != nil || cents <= 0 {
			httpkit.JSON(w, http.StatusBadRequest, map[string]string{"error": "cents are needed"})
			return
		}
		httpkit.JSON(w, http.StatusCreated, map[string]int64{"total": atomic.AddInt64(&total, cents)})
	})
	if err := httpkit.Serve(":"+httpkit.Env("PORT", "8083"), mux); err != nil {
		log.Fatal(err)
	}
}
