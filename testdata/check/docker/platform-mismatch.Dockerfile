FROM checkarm
CMD ["x"]
