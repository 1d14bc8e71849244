FROM alpine
apt-get install x
