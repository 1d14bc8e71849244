FROM triggers AS x
