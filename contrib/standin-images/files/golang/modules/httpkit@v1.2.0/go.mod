module kit.example/httpkit

go 1.19
