// The administration service: tells which migrations there are.
package main

import (
	"log"
	"net/http"

	"kit.example/httpkit"
	"kit.example/migrate"
)

func main() {
	steps, err := migrate.Load("./migrations")
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/health", httpkit.Health("admin", nil))
	mux.HandleFunc("/api/admin/migrations", func(w http.ResponseWriter, _ *http.Request) {
		httpkit.JSON(w, http.StatusOK, steps)
	})
	if err := httpkit.Serve(":"+httpkit.Env("ADMIN_PORT", "8084"), mux); err != nil {
		log.Fatal(err)
	}
}
