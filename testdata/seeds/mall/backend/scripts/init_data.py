"""Some products to begin with."""

from app.database import Base, Product, Session, engine

Base.metadata.create_all(engine)
with Session() as db:
    for name, price, stock in (("tea", "4.20", 100), ("cup", "7.90", 30)):
        if not db.query(Product).filter_by(name=name).first():
            db.add(Product(name=name, price=price, stock=stock))
    db.commit()
